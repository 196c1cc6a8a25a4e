/// The head of a request. For a write `length` bytes follow.
public struct NBDRequest: Equatable, Sendable {
    /// Bytes on the wire.
    public static let size = 28

    public var flags: NBDRequestFlags
    /// A number that may be no `NBDCommand`.
    public var type: UInt16
    /// The client's, handed back with the reply.
    public var cookie: UInt64
    public var offset: UInt64
    public var length: UInt32

    public init(flags: NBDRequestFlags = [], type: UInt16, cookie: UInt64, offset: UInt64 = 0, length: UInt32 = 0) {
        self.flags = flags
        self.type = type
        self.cookie = cookie
        self.offset = offset
        self.length = length
    }

    /// Reads a head.
    ///
    /// - Precondition: at least `size` bytes.
    /// - Returns: nil when it does not begin with the magic number: the stream is out of step for good.
    @inlinable
    public init?(_ bytes: UnsafeRawBufferPointer) {
        precondition(bytes.count >= Self.size, "a head has 28 bytes")
        func load<Value: FixedWidthInteger>(_ offset: Int) -> Value {
            Value(bigEndian: bytes.loadUnaligned(fromByteOffset: offset, as: Value.self))
        }
        guard load(0) as UInt32 == 0x2560_9513 else { return nil }
        flags = NBDRequestFlags(rawValue: load(4))
        type = load(6)
        cookie = load(8)
        offset = load(16)
        length = load(24)
    }

    /// What a server does with a request.
    public enum Verdict: Equatable, Sendable {
        case serve(NBDCommand)
        /// Answer with the error; the payload of a write is read and thrown away.
        case refuse(NBDError)
        /// The client is not to be understood any more.
        case hangUp
    }

    /// The one place where a request is checked; nobody behind it checks again.
    public func verdict(_ agreed: NBDTransmission) -> Verdict {
        guard let command = NBDCommand(rawValue: type) else { return .refuse(.invalid) }
        // Its payload would have to be read, and nobody who keeps to the specification sends it.
        if command == .write, length > NBDTerms.longestTransfer { return .hangUp }
        guard flags.isSubset(of: Self.allowedFlags(command, isStructured: agreed.isStructured)) else {
            return .refuse(.invalid)
        }
        switch command {
        case .disconnect: return .serve(command)
        case .flush: return offset == 0 && length == 0 ? .serve(command) : .refuse(.invalid)
        case .blockStatus where agreed.contexts.isEmpty: return .refuse(.invalid)
        case .read where length > NBDTerms.longestTransfer: return .refuse(.overflow)
        case .write, .trim, .writeZeroes: if agreed.terms.isReadOnly { return .refuse(.notPermitted) }
        case .read, .blockStatus: break
        }
        guard length > 0, (offset | UInt64(length)) & UInt64(agreed.terms.blockSize - 1) == 0 else {
            return .refuse(.invalid)
        }
        guard offset <= agreed.terms.size, UInt64(length) <= agreed.terms.size - offset else {
            return .refuse(command == .write || command == .writeZeroes ? .noSpace : .invalid)
        }
        return .serve(command)
    }

    /// Whether `length` bytes follow on the wire.
    public var hasPayload: Bool { type == NBDCommand.write.rawValue }

    private static func allowedFlags(_ command: NBDCommand, isStructured: Bool) -> NBDRequestFlags {
        switch command {
        // Forced is allowed wherever the export has the flag, and means nothing for these.
        case .read: isStructured ? [.forced, .doNotFragment] : .forced
        case .disconnect, .flush: .forced
        case .write, .trim: .forced
        case .writeZeroes: [.forced, .noHole, .fastZero]
        case .blockStatus: [.forced, .oneExtent]
        }
    }
}
