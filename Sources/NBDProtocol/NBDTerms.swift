/// What a client is told of an export.
public struct NBDTerms: Equatable, Sendable {
    /// Bytes; a multiple of `blockSize`.
    public var size: UInt64
    /// Bytes that offsets and lengths are multiples of: a power of two from 512 to 65536.
    public var blockSize: UInt32
    public var isReadOnly: Bool
    /// A flush on one connection covers what was completed on all, so a client may use several.
    public var allowsConnections: Bool
    /// For people; may be empty.
    public var description: String
    /// Names of what block status can be asked for, for example `base:allocation`. The index is the context's number.
    public var contexts: [String]

    public init(
        size: UInt64, blockSize: UInt32, isReadOnly: Bool = false, allowsConnections: Bool = false,
        description: String = "", contexts: [String] = [NBDTerms.allocation]
    ) {
        precondition((512...65_536).contains(blockSize) && blockSize.nonzeroBitCount == 1, "\(blockSize) is no block")
        self.size = size
        self.blockSize = blockSize
        self.isReadOnly = isReadOnly
        self.allowsConnections = allowsConnections
        self.description = description
        self.contexts = contexts
    }

    /// The context that tells data from holes.
    public static let allocation = "base:allocation"
    /// The context that tells what has changed.
    public static let dirty = "keelson:dirty"
    /// Bytes of the longest read or write. What a client may count on without asking, by the specification.
    public static let longestTransfer: UInt32 = 32 << 20

    /// - Parameter isStructured: whether replies may be split, which a client may then forbid.
    func flags(isStructured: Bool) -> NBDExportFlags {
        var flags: NBDExportFlags = [.hasFlags, .flush, .forced]
        if isReadOnly { flags.insert(.readOnly) } else { flags.formUnion([.trim, .writeZeroes, .fastZero]) }
        if allowsConnections { flags.insert(.multipleConnections) }
        if isStructured { flags.insert(.doNotFragment) }
        return flags
    }
}

/// What client and server have agreed on when the handshake is over.
public struct NBDTransmission: Equatable, Sendable {
    public var name: String
    public var terms: NBDTerms
    public var isStructured: Bool
    /// Indexes into the terms' contexts.
    public var contexts: [Int]
    /// What the client has sent of its first requests.
    public var rest: [UInt8]

    public init(name: String, terms: NBDTerms, isStructured: Bool, contexts: [Int] = [], rest: [UInt8] = []) {
        self.name = name
        self.terms = terms
        self.isStructured = isStructured
        self.contexts = contexts
        self.rest = rest
    }
}
