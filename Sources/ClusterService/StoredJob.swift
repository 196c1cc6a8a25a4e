import APIProtocol
import CaptureProtocol
import MembershipCore
import Primitives

/// A job as the store keeps it, judged by what is, never by what happened: any master can go on with it.
struct StoredJob: Codable, Equatable, Sendable {
    var job: Job
    /// The node whose vote goes, or that joins.
    var subject: NodeID?
    /// The node that takes a place.
    var heir: NodeID?
    /// The master that hands over.
    var from: NodeID?
    /// Nodes that check their copies.
    var verifying: [NodeID]? = nil
    /// When the present step began.
    var stepAt: Timestamp
    /// Then it has failed.
    var deadline: Timestamp

    /// What jobs wait for.
    struct World: Sendable {
        var nodes: Set<NodeID>
        var members: Set<NodeID>
        /// Members that vote.
        var voters: Set<NodeID>
        var online: Set<NodeID>
        /// Nothing is left to be done about who votes.
        var isSettled: Bool
        var master: NodeID
    }

    /// The first step is what the request itself does.
    private static func steps(of kind: JobKind) -> [String] {
        switch kind {
        case .removeNode: ["removed", "voteGone"]
        case .replaceNode: ["removed", "voteGone", "voting"]
        case .approve: ["approved", "joined", "online", "voting"]
        case .join: ["joined", "online", "voting"]
        case .switchMaster: ["asked", "handedOver"]
        case .verify: ["asked", "verified"]
        }
    }

    init(
        _ kind: JobKind, id: String, node: NodeID?, subject: NodeID? = nil, heir: NodeID? = nil, from: NodeID? = nil,
        who: String, at now: Timestamp
    ) {
        let steps = Self.steps(of: kind).enumerated().map { index, name in
            JobStep(name: name, state: index == 0 ? .done : index == 1 ? .running : .waiting)
        }
        job = Job(
            id: id, kind: kind, state: .running, progress: 1 / Double(steps.count), startedAt: now, steps: steps,
            node: node, who: who)
        self.subject = subject
        self.heir = heir
        self.from = from
        stepAt = now
        deadline = now.adding(Self.limit(of: kind))
    }

    private static func limit(of kind: JobKind) -> Span {
        switch kind {
        case .switchMaster: .seconds(30)
        case .removeNode, .replaceNode, .approve, .join: .seconds(900)
        case .verify: .seconds(7 * 86_400)
        }
    }

    /// One step after the other, as far as the world has come.
    mutating func advance(_ world: World, at now: Timestamp) {
        guard job.state == .running else { return }
        while let index = job.steps.firstIndex(where: { $0.state == .running }) {
            guard isDone(job.steps[index].name, world) else { break }
            job.steps[index].state = .done
            job.steps[index].milliseconds = Double(max(0, now.milliseconds - stepAt.milliseconds))
            stepAt = now
            if index + 1 < job.steps.count { job.steps[index + 1].state = .running }
        }
        job.progress = Double(job.steps.count { $0.state == .done }) / Double(job.steps.count)
        endIfDue(at: now)
    }

    /// What the nodes say that check their copies.
    /// - Parameter progress: of every node; nil while one does not answer.
    mutating func advance(_ progress: [NodeID: VerificationProgress]?, at now: Timestamp) {
        guard job.state == .running else { return }
        defer { endIfDue(at: now) }
        guard let progress, !progress.isEmpty else { return }
        let sorted = progress.sorted { $0.key < $1.key }
        let nodes = sorted.map(\.value)
        let total = nodes.reduce(UInt64(0)) { $0 + $1.totalBytes }
        let checked = nodes.reduce(UInt64(0)) { $0 + min($1.checkedBytes, $1.totalBytes) }
        // Whole percents: a job is written down whenever it has changed.
        job.progress = total == 0 ? 0 : (Double(checked) / Double(total) * 100).rounded(.down) / 100
        let findings = sorted.flatMap { node, progress in progress.findings.map { "node \(node): \($0)" } }
        job.findings = Array(findings.prefix(Self.mostFindings))
        guard nodes.allSatisfy({ !$0.isRunning }) else { return }
        // A daemon that was started anew knows nothing of it: nothing of nothing was checked.
        guard nodes.allSatisfy({ $0.totalBytes > 0 && $0.checkedBytes >= $0.totalBytes }) else {
            return fail(APIError(.internalError, ["reason": "a node ended before everything was checked"]), at: now)
        }
        job.progress = 1
        for index in job.steps.indices where job.steps[index].state == .running {
            job.steps[index].state = .done
            job.steps[index].milliseconds = Double(max(0, now.milliseconds - stepAt.milliseconds))
        }
    }

    /// More would be read by nobody.
    private static let mostFindings = 200

    private mutating func endIfDue(at now: Timestamp) {
        guard job.state == .running else { return }
        if job.steps.allSatisfy({ $0.state == .done }) {
            job.state = .done
            job.endedAt = now
        } else if now >= deadline {
            fail(APIError(.timedOut, ["seconds": "\(Self.limit(of: job.kind).milliseconds / 1_000)"]), at: now)
        }
    }

    mutating func fail(_ error: APIError, at now: Timestamp) {
        job.state = .failed
        job.error = error
        job.endedAt = now
        for index in job.steps.indices where job.steps[index].state == .running { job.steps[index].state = .failed }
    }

    private func isDone(_ step: String, _ world: World) -> Bool {
        switch step {
        case "voteGone": subject.map { !world.members.contains($0) } ?? true
        case "joined": subject.map(world.nodes.contains) ?? true
        case "online": subject.map(world.online.contains) ?? true
        case "voting":
            // A node that is not needed as a voter is a spare.
            (heir ?? subject).map { world.voters.contains($0) || world.isSettled && world.online.contains($0) } ?? true
        case "handedOver": world.master != from
        default: true
        }
    }
}
