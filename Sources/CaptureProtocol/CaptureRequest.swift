import Primitives
import StreamProtocol

/// A question or command to a node's capture daemon: one line of JSON over `RUN/captured.sock`. The line `ping` is
/// answered `pong`.
public enum CaptureRequest: Hashable, Codable, Sendable {
    /// All assignments that name this node; what is missing is no longer kept up to date, and nothing is deleted.
    case assign([StreamAssignment])
    case status
    /// The newest `limit` points at or before a moment (nanoseconds since 1970), newest first.
    case points(MachineID, before: UInt64, limit: Int)
    /// Asks the source for a bookmark; answered when it is durable here.
    case bookmark(MachineID, text: String)
    /// Lets a bookmark be folded away like any point; answered with it.
    case release(MachineID, Generation, sequence: UInt64)
    /// Serves a point over NBD; a branch can be written. Answered with its place.
    case export(MachineID, PointChoice, isWritable: Bool)
    case exports
    /// Ends an export; a branch and what was written to it are deleted.
    case withdraw(export: String)
    /// Reads everything of a machine and checks it; progress stands in the status of jobs.
    case verify(MachineID)
    case verification(MachineID)
    /// Deletes journal, base and branches of a machine that is not assigned here.
    case forget(MachineID)

    /// Bytes of the longest line of either direction: a thousand assignments, ten thousand points.
    public static let longestLine = 4 << 20
    /// Of `points`; more are cut.
    public static let mostPoints = 10_000
}

/// Which point to open.
public enum PointChoice: Hashable, Codable, Sendable {
    case newest
    /// The newest at or before a moment, nanoseconds since 1970.
    case time(UInt64)
    case position(Generation, sequence: UInt64)
    /// The newest bookmark with this text.
    case bookmark(String)
}

public enum CaptureAnswer: Hashable, Codable, Sendable {
    case done
    case status([StreamStatus])
    case points([JournalPoint])
    case exports([ExportPlace])
    case verification(VerificationProgress)
    case refused(CaptureRefusal)
}

/// An export that is being served.
public struct ExportPlace: Hashable, Codable, Sendable {
    /// NBD export names are this and the volume's number, `NAME/0`.
    public var name: String
    public var machine: MachineID
    public var point: JournalPoint
    public var isWritable: Bool
    /// Path of the Unix socket on that node.
    public var socket: String
    public var volumes: [VolumeNumber]

    public init(
        name: String, machine: MachineID, point: JournalPoint, isWritable: Bool, socket: String,
        volumes: [VolumeNumber]
    ) {
        self.name = name
        self.machine = machine
        self.point = point
        self.isWritable = isWritable
        self.socket = socket
        self.volumes = volumes
    }
}

/// How far a verification has come and what it found.
public struct VerificationProgress: Hashable, Codable, Sendable {
    public var checkedBytes: UInt64
    public var totalBytes: UInt64
    public var isRunning: Bool
    /// One line for each damage: where it is and whether it was repaired, from where.
    public var findings: [String]

    public init(checkedBytes: UInt64, totalBytes: UInt64, isRunning: Bool, findings: [String]) {
        self.checkedBytes = checkedBytes
        self.totalBytes = totalBytes
        self.isRunning = isRunning
        self.findings = findings
    }
}

/// Why a request was not done.
public struct CaptureRefusal: Error, Hashable, Codable, Sendable, CustomStringConvertible {
    public enum Code: String, Codable, Sendable {
        case malformed
        case unknownMachine
        case staleEpoch
        /// The point was never there, or is folded or thinned away.
        case noSuchPoint
        case noSuchExport
        case sourceAway
        case busy
        case full
        case faulted
    }

    public var code: Code
    /// A sentence for the log; people read the code's sentence of the catalogue.
    public var description: String

    public init(_ code: Code, _ description: String) {
        self.code = code
        self.description = description
    }
}
