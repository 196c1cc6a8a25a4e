import CaptureProtocol
import Primitives
import StreamProtocol

/// Asks for the protection of a machine.
public struct ProtectRequest: Codable, Equatable, Sendable {
    /// 1 to 64 letters, digits, `.`, `-`, `_`; no other machine's.
    public var name: String
    /// 1 to 64.
    public var volumes: [MachineVolume]
    /// nil: replicated.
    public var level: AcknowledgementLevel?
    /// 1 to 86 400; nil: 60.
    public var lagTargetSeconds: Int?
    /// 60 seconds to 366 days; nil: a day.
    public var retentionSeconds: Int?
    public var limits: [RateWindow]?
    /// Up to 8; nil: none.
    public var keep: [KeepRule]?

    public init(
        name: String, volumes: [MachineVolume], level: AcknowledgementLevel? = nil, lagTargetSeconds: Int? = nil,
        retentionSeconds: Int? = nil, limits: [RateWindow]? = nil, keep: [KeepRule]? = nil
    ) {
        self.keep = keep
        self.name = name
        self.volumes = volumes
        self.level = level
        self.lagTargetSeconds = lagTargetSeconds
        self.retentionSeconds = retentionSeconds
        self.limits = limits
    }

    public var policy: MachinePolicy {
        MachinePolicy(
            level: level ?? .replicated, lagTargetSeconds: lagTargetSeconds ?? 60,
            retentionSeconds: retentionSeconds ?? 86_400, hold: false, paused: false, limits: limits ?? [],
            keep: keep ?? [])
    }
}

/// A machine that is protected from now on.
public struct ProtectAnswer: Codable, Equatable, Sendable {
    public var machine: Machine
    public var enrolment: EnrolmentToken

    public init(machine: Machine, enrolment: EnrolmentToken) {
        self.machine = machine
        self.enrolment = enrolment
    }
}

/// The secret with which a source enrols, shown this once.
public struct EnrolmentToken: Codable, Equatable, Sendable {
    public var token: String
    public var expires: Timestamp
    /// SHA-256 of the cluster's CA certificate: the source compares it before it says the token.
    public var authorityFingerprint: String

    public init(token: String, expires: Timestamp, authorityFingerprint: String) {
        self.token = token
        self.expires = expires
        self.authorityFingerprint = authorityFingerprint
    }
}

/// What of a machine is to be otherwise; left out stays.
public struct MachineChange: Codable, Equatable, Sendable {
    public var level: AcknowledgementLevel?
    public var lagTargetSeconds: Int?
    public var retentionSeconds: Int?
    public var hold: Bool?
    public var limits: [RateWindow]?
    /// Up to 8; empty: none.
    public var keep: [KeepRule]?
    /// Those that grow, and new ones; what is not named stays.
    public var volumes: [MachineVolume]?

    public init(
        level: AcknowledgementLevel? = nil, lagTargetSeconds: Int? = nil, retentionSeconds: Int? = nil,
        hold: Bool? = nil, limits: [RateWindow]? = nil, keep: [KeepRule]? = nil, volumes: [MachineVolume]? = nil
    ) {
        self.keep = keep
        self.level = level
        self.lagTargetSeconds = lagTargetSeconds
        self.retentionSeconds = retentionSeconds
        self.hold = hold
        self.limits = limits
        self.volumes = volumes
    }
}

/// Asks for a named point.
public struct BookmarkRequest: Codable, Equatable, Sendable {
    /// 1 to 200 bytes.
    public var text: String

    public init(text: String) { self.text = text }
}

/// Asks that a bookmark is kept no more.
public struct ReleaseRequest: Codable, Equatable, Sendable {
    /// As the list of points shows them.
    public var generation: UInt64
    public var sequence: UInt64

    public init(generation: UInt64, sequence: UInt64) {
        self.generation = generation
        self.sequence = sequence
    }
}

/// Asks for a point to be served: the newest, unless one of the others is given.
public struct ExportRequest: Codable, Equatable, Sendable {
    /// The newest point at or before.
    public var at: Timestamp?
    /// The newest bookmark with this text.
    public var bookmark: String?
    /// Exactly this point; both or none.
    public var generation: UInt64?
    public var sequence: UInt64?
    /// A branch that can be written to; nil: no.
    public var writable: Bool?
    /// Which of the machine's nodes serves it; nil: the receiver.
    public var node: NodeID?

    public init(
        at: Timestamp? = nil, bookmark: String? = nil, generation: UInt64? = nil, sequence: UInt64? = nil,
        writable: Bool? = nil, node: NodeID? = nil
    ) {
        self.at = at
        self.bookmark = bookmark
        self.generation = generation
        self.sequence = sequence
        self.writable = writable
        self.node = node
    }

    public var choice: PointChoice {
        if let at { return .time(at.lastNanosecond) }
        if let bookmark { return .bookmark(bookmark) }
        if let generation, let sequence { return .position(Generation(generation), sequence: sequence) }
        return .newest
    }
}

/// How a machine's protection ends. An empty body keeps the data.
public struct UnprotectRequest: Codable, Equatable, Sendable {
    /// Whether journal, base and branches are deleted on all nodes.
    public var deleteData: Bool?

    public init(deleteData: Bool? = nil) { self.deleteData = deleteData }
}

/// A source proves itself by its token and asks for its certificate. It may ask again with the same key.
public struct EnrolmentRequest: Codable, Equatable, Sendable {
    public var token: String
    /// PKCS #10 in PEM, signed by the source's key.
    public var csr: String

    public init(token: String, csr: String) {
        self.token = token
        self.csr = csr
    }
}

/// All that a source needs.
public struct Enrolment: Codable, Equatable, Sendable {
    /// The source's certificate, PEM.
    public var certificate: String
    /// The cluster's CA certificate, PEM.
    public var authority: String
    /// For its assignment and a new certificate, and for nothing else.
    public var machineToken: String
    public var assignment: StreamAssignment

    public init(certificate: String, authority: String, machineToken: String, assignment: StreamAssignment) {
        self.certificate = certificate
        self.authority = authority
        self.machineToken = machineToken
        self.assignment = assignment
    }
}
