import ConfigurationCore
import FoundationEssentials
import Linux
import MembershipCore
import SupervisorCore

/// The files of a node that say what it is.
struct NodeFiles: Sendable {
    let configuration: NodeConfiguration

    /// Present while a guided recovery is under way.
    var recoveryPath: String { configuration.data + "/recovery.json" }

    /// - Throws: `NodeFileError` when a file is there and cannot be read or understood.
    func facts() throws -> NodeFacts {
        NodeFacts(
            membership: try membership(),
            hasIdentity: try read(configuration.nodeKeyPath) != nil,
            isRecovering: try read(recoveryPath) != nil)
    }

    /// - Returns: nil when the node is no member.
    func membership() throws -> LocalMembership? {
        try decode(LocalMembership.self, from: configuration.membershipPath)
    }

    func write(_ membership: LocalMembership) throws {
        try encode(membership, to: configuration.membershipPath)
    }

    /// - Throws: `NodeFileError` also when the node is no member any more.
    func save(_ timing: LocalMembership.RaftTiming) throws {
        guard var membership = try membership() else {
            throw NodeFileError("\(configuration.membershipPath) is gone; etcd's timings were not saved")
        }
        membership.raft = timing
        try write(membership)
    }

    /// A founder's etcd in which no master was ever elected: nobody relies on what it holds. When the power goes while
    /// it starts for the first time, it can be left with a log that names no member, and then waits for ever.
    func storeIsUnused(by membership: LocalMembership) throws -> Bool {
        guard membership.foundsCluster, try read(configuration.foundingPath) != nil else { return false }
        return try read(configuration.epochPath) == nil
    }

    func epochRecord() throws -> EpochRecord {
        guard let bytes = try read(configuration.epochPath) else { return .initial }
        return try EpochRecord(parsing: String(decoding: bytes, as: UTF8.self))
    }

    func write(_ record: EpochRecord) throws {
        try DurableFile.replace(configuration.epochPath, with: Array(record.text.utf8), mode: 0o600)
    }

    func decode<Value: Decodable>(_ type: Value.Type, from path: String) throws -> Value? {
        guard let bytes = try read(path) else { return nil }
        do { return try JSONDecoder().decode(type, from: Data(bytes)) } catch {
            throw NodeFileError("\(path) is damaged: \(error)")
        }
    }

    func encode(_ value: some Encodable, to path: String) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
        try DurableFile.replace(path, with: Array(try encoder.encode(value)) + [0x0A], mode: 0o600)
    }

    private func read(_ path: String) throws -> [UInt8]? { try DurableFile.read(path) }
}

/// A file of the node that does not say what it should: one sentence with its path.
struct NodeFileError: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}
