import Foundation
import Linux
import MembershipCore

/// The file `cluster.json`: written whole or not at all.
public enum MembershipFile {
    /// - Returns: nil when this node belongs to no cluster yet.
    /// - Throws: `SystemError`, or `DamagedMembership` naming the file.
    public static func read(_ path: String) throws -> LocalMembership? {
        guard let bytes = try DurableFile.read(path) else { return nil }
        do {
            return try JSONDecoder().decode(LocalMembership.self, from: Data(bytes))
        } catch {
            throw DamagedMembership(path: path, reason: "\(error)")
        }
    }

    /// - Throws: `SystemError`, for example on a full disk; the old file stays then.
    public static func write(_ membership: LocalMembership, to path: String) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
        try DurableFile.replace(path, with: try encoder.encode(membership), mode: 0o600)
    }
}

/// The membership file is not what Keelson wrote.
public struct DamagedMembership: Error, CustomStringConvertible {
    public let path: String
    public let reason: String
    public var description: String { "the file \(path) is damaged: \(reason)" }
}
