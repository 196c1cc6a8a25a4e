// Numbers of the NBD protocol: https://github.com/NetworkBlockDevice/nbd/blob/master/doc/proto.md

/// What a client can do during the handshake.
public enum NBDOption: UInt32, Sendable {
    case exportName = 1
    case abort = 2
    case list = 3
    case startTLS = 5
    case info = 6
    case go = 7
    case structuredReply = 8
    case listMetaContext = 9
    case setMetaContext = 10
}

/// Answers to options.
enum NBDOptionReply: UInt32 {
    case acknowledge = 1
    case server = 2
    case info = 3
    case metaContext = 4
    case unsupported = 0x8000_0001
    case policy = 0x8000_0002
    case invalid = 0x8000_0003
    case tlsRequired = 0x8000_0005
    case unknown = 0x8000_0006
    case shutdown = 0x8000_0007
    case blockSizeRequired = 0x8000_0008
    case tooBig = 0x8000_0009
}

/// Requests of the transmission.
public enum NBDCommand: UInt16, Sendable {
    case read = 0
    case write = 1
    case disconnect = 2
    case flush = 3
    case trim = 4
    case writeZeroes = 6
    case blockStatus = 7
}

/// Flags of a request.
public struct NBDRequestFlags: OptionSet, Sendable {
    public let rawValue: UInt16

    public init(rawValue: UInt16) { self.rawValue = rawValue }

    public static let forced = NBDRequestFlags(rawValue: 1 << 0)
    public static let noHole = NBDRequestFlags(rawValue: 1 << 1)
    public static let doNotFragment = NBDRequestFlags(rawValue: 1 << 2)
    public static let oneExtent = NBDRequestFlags(rawValue: 1 << 3)
    public static let fastZero = NBDRequestFlags(rawValue: 1 << 4)
}

/// What an export can do, as the client is told.
public struct NBDExportFlags: OptionSet, Sendable {
    public let rawValue: UInt16

    public init(rawValue: UInt16) { self.rawValue = rawValue }

    public static let hasFlags = NBDExportFlags(rawValue: 1 << 0)
    public static let readOnly = NBDExportFlags(rawValue: 1 << 1)
    public static let flush = NBDExportFlags(rawValue: 1 << 2)
    public static let forced = NBDExportFlags(rawValue: 1 << 3)
    public static let trim = NBDExportFlags(rawValue: 1 << 5)
    public static let writeZeroes = NBDExportFlags(rawValue: 1 << 6)
    public static let doNotFragment = NBDExportFlags(rawValue: 1 << 7)
    public static let multipleConnections = NBDExportFlags(rawValue: 1 << 8)
    public static let fastZero = NBDExportFlags(rawValue: 1 << 11)
}

/// Errors that a reply may carry. The numbers are those of Linux, but only these may be sent.
public enum NBDError: UInt32, Error, Sendable {
    case notPermitted = 1
    case inputOutput = 5
    case noMemory = 12
    case invalid = 22
    case noSpace = 28
    case overflow = 75
    case notSupported = 95
    case shutdown = 108

    /// From errno(3) of Linux; what the protocol has no number for is an input or output error.
    public init(errno: Int32) {
        switch errno {
        // EROFS, ENXIO and EFBIG have a nearest number; the rest are the same.
        case 30: self = .notPermitted
        case 27: self = .noSpace
        case 122: self = .noSpace
        default: self = UInt32(exactly: errno).flatMap { NBDError(rawValue: $0) } ?? .inputOutput
        }
    }
}

enum NBDMagic {
    /// "NBDMAGIC"
    static let greeting: UInt64 = 0x4e42_444d_4147_4943
    /// "IHAVEOPT"
    static let option: UInt64 = 0x4948_4156_454f_5054
    static let optionReply: UInt64 = 0x0003_e889_0455_65a9
    static let request: UInt32 = 0x2560_9513
    static let simpleReply: UInt32 = 0x6744_6698
    static let structuredReply: UInt32 = 0x668e_33ef
}
