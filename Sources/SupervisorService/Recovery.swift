import ConfigurationCore
import FoundationEssentials
import Glibc
import Linux
import MembershipCore
import Primitives
import SupervisorCore

/// The guided recovery of a cluster that has lost its majority for good: this node becomes its only voter, from its own
/// data or from a snapshot file, in a new generation. Every step is finished before the next begins and can be
/// repeated, so after a crash the same command goes on where it was.
public struct Recovery {
    /// What an operator must confirm.
    public struct Offer: Sendable {
        public let clusterName: String
        /// What will happen, a sentence each.
        public let sentences: [String]
    }

    /// `recovery.json`: where the recovery stands.
    struct Journal: Codable, Equatable {
        enum Step: String, Codable, CaseIterable {
            case saveOldData, replaceData, raiseEpoch, rewriteMembership
        }

        var generation: UInt64
        var clusterToken: String
        /// Absolute path; nil: the node's own data.
        var snapshot: String?
        var done: [Step]
    }

    let configuration: NodeConfiguration
    let files: NodeFiles
    let snapshot: String?
    let say: (String) -> Void

    /// - Parameters:
    ///   - snapshot: absolute path of a snapshot file; nil: the node's own etcd data.
    ///   - say: takes one sentence a step.
    public init(_ configuration: NodeConfiguration, snapshot: String?, say: @escaping (String) -> Void) {
        self.configuration = configuration
        files = NodeFiles(configuration: configuration)
        self.snapshot = snapshot
        self.say = say
    }

    /// Checks whether the recovery is possible, and explains it.
    ///
    /// - Throws: `SupervisorError`: one sentence.
    public func offer() throws -> Offer {
        guard let membership = try files.membership() else {
            throw SupervisorError("this node is no member of a cluster: there is nothing to recover")
        }
        guard membership.role == .voter else {
            throw SupervisorError("only a voter can carry the cluster on; this node is a \(membership.role.rawValue)")
        }
        let journal = try files.decode(Journal.self, from: files.recoveryPath)
        if let journal, journal.snapshot != snapshot {
            throw SupervisorError(
                "a recovery from \(journal.snapshot ?? "this node's own data") has begun; finish it by the same command"
            )
        }
        if snapshot == nil, journal == nil { try checkOwnData() }
        if let snapshot { try checkSnapshot(snapshot) }
        let others = membership.voters.filter { $0.node != membership.node }.map { "\($0.name) (\($0.address))" }
        var sentences = [
            "This node becomes the only voter of the cluster '\(membership.clusterName)', "
                + "from \(snapshot.map { "the snapshot \($0)" } ?? "its own data")."
        ]
        if !others.isEmpty {
            sentences.append(
                "The other voters (\(others.joined(separator: ", "))) are no members any more: make sure that they are "
                    + "off, and set them up anew before they join again.")
        }
        sentences.append(
            "What only the lost nodes had confirmed is lost. The generation rises, so old masters are refused.")
        sentences.append("The old data stays in \(configuration.etcdDirectory).before-GENERATION.")
        return Offer(clusterName: membership.clusterName, sentences: sentences)
    }

    /// Recovers, or goes on with a recovery that was cut short.
    ///
    /// - Throws: the step's error, one sentence; the same command repeats the step.
    public func run() throws {
        guard let membership = try files.membership() else {
            throw SupervisorError("this node is no member of a cluster: there is nothing to recover")
        }
        var journal = try begin(membership)
        try quiesce()
        for step in Journal.Step.allCases where !journal.done.contains(step) {
            try take(step, journal)
            journal.done.append(step)
            try files.encode(journal, to: files.recoveryPath)
        }
        try DurableFile.remove(files.recoveryPath)
        try resume()
    }

    // MARK: steps

    private func begin(_ membership: LocalMembership) throws -> Journal {
        if let journal = try files.decode(Journal.self, from: files.recoveryPath) {
            say("going on with the recovery into generation \(journal.generation)")
            return journal
        }
        let record = try files.epochRecord()
        let generation = max(membership.generation, record.generation, record.highest.generation) + 1
        let base = membership.clusterToken.split(separator: "~").first.map(String.init) ?? membership.clusterName
        let journal = Journal(
            generation: generation, clusterToken: "\(base)~\(generation)", snapshot: snapshot, done: [])
        try files.encode(journal, to: files.recoveryPath)
        say("recovering into generation \(generation)")
        return journal
    }

    private func take(_ step: Journal.Step, _ journal: Journal) throws {
        switch step {
        case .saveOldData: try saveOldData(journal)
        case .replaceData:
            if let snapshot = journal.snapshot {
                try restore(snapshot, journal)
            } else {
                try forceNewCluster()
            }
        case .raiseEpoch:
            var record = try files.epochRecord()
            record.generation = journal.generation
            record.highest = max(record.highest, Epoch(generation: journal.generation, revision: 0))
            try files.write(record)
            say("the generation is \(journal.generation)")
        case .rewriteMembership: try rewriteMembership(journal)
        }
    }

    private func rewriteMembership(_ journal: Journal) throws {
        guard var membership = try files.membership() else {
            throw SupervisorError("\(configuration.membershipPath) is gone")
        }
        membership.generation = journal.generation
        membership.clusterToken = journal.clusterToken
        membership.foundsCluster = true
        let own = membership.voters.first { $0.node == membership.node }
        membership.voters = [
            LocalMembership.Peer(
                node: membership.node, name: own?.name ?? configuration.name, address: configuration.address.address)
        ]
        try files.write(membership)
        say("this node is the only voter")
    }

    private func checkOwnData() throws {
        for part in ["member/snap/db", "member/wal"] {
            let path = "\(configuration.etcdDirectory)/\(part)"
            guard access(path, R_OK) == 0 else {
                throw SupervisorError("this node's own data is not whole (\(path) is missing): give --snapshot FILE")
            }
        }
    }

    private func checkSnapshot(_ path: String) throws {
        guard path.hasPrefix("/") else { throw SupervisorError("the snapshot's path '\(path)' is not absolute") }
        let outcome = try OneTask.run(
            configuration.etcd + "utl", ["snapshot", "status", path], folder: "/", limit: .seconds(60))
        guard outcome.cause == .status(0) else {
            throw SupervisorError("\(path) is no usable snapshot: \(outcome.output.suffix(300))")
        }
    }
}
