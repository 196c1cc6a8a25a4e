/// What a disk looks like to its users.
public struct BlockGeometry: Equatable, Sendable {
    /// Bytes; a multiple of `blockSize`.
    public var size: UInt64
    /// Bytes of the smallest unit that a request may have: 512 or 4096.
    public var blockSize: Int
    public var isReadOnly: Bool

    public init(size: UInt64, blockSize: Int, isReadOnly: Bool = false) {
        self.size = size
        self.blockSize = blockSize
        self.isReadOnly = isReadOnly
    }
}

/// One request to a device.
public struct BlockRequest {
    public enum Kind: UInt8, Sendable { case read, write, flush, discard, writeZeroes }

    public var kind: Kind
    /// The answer may come only after this request's data is on stable storage.
    public var isForced: Bool
    /// For zeroes: the space may be given back; else it stays allocated.
    public var mayFreeSpace: Bool
    /// For zeroes: EOPNOTSUPP is the answer where it would take as long as writing them.
    public var isFastOnly: Bool
    /// Bytes, aligned to the device's block size; 0 for a flush.
    public var offset: UInt64
    /// Bytes, a multiple of the device's block size; 0 for a flush.
    public var length: Int
    /// `length` bytes aligned to 4096, for read and write; stays valid until the completion.
    public var memory: UnsafeMutableRawPointer?
    /// The caller's, handed back with the completion.
    public var token: UInt64

    public init(
        _ kind: Kind, offset: UInt64 = 0, length: Int = 0, memory: UnsafeMutableRawPointer? = nil,
        isForced: Bool = false, mayFreeSpace: Bool = true, isFastOnly: Bool = false, token: UInt64
    ) {
        self.kind = kind
        self.offset = offset
        self.length = length
        self.memory = memory
        self.isForced = isForced
        self.mayFreeSpace = mayFreeSpace
        self.isFastOnly = isFastOnly
        self.token = token
    }
}

/// Whoever submits requests to a device. Devices do not keep it alive: it must live until all of them are completed.
public protocol BlockClient: AnyObject {
    /// Called once for each request, on the loop of the device; never from within `submit`.
    ///
    /// - Parameter errno: 0 when the whole request was done, else errno(3) of why not.
    func completed(_ token: UInt64, errno: Int32)
}

/// A range of a device and whether it holds data or reads as zeros.
public struct BlockExtent: Equatable, Sendable {
    public var length: UInt64
    public var isAllocated: Bool

    public init(length: UInt64, isAllocated: Bool) {
        self.length = length
        self.isAllocated = isAllocated
    }
}

/// Something that answers block requests: a file, a disk, a tap in front of one, a point of a journal, a branch.
/// It belongs to one `BlockLoop`: all calls come from that loop's thread and all completions are made there.
public protocol BlockDevice: AnyObject {
    var geometry: BlockGeometry { get }

    /// Takes a request on; it may start at once or with `endTurn`. Requests that overlap while they are under way may
    /// be done in any order, except where the device says otherwise.
    ///
    /// - Precondition: the request lies within the device and is aligned.
    func submit(_ request: BlockRequest, for client: any BlockClient)

    /// Starts everything that was submitted in this turn of the loop, in one system call where it can.
    func endTurn()

    /// What lies in a range, in order; together the extents are at least one block and at most the range.
    ///
    /// - Throws: an error of the system; the caller then takes the whole range as allocated.
    func extents(offset: UInt64, length: UInt64) throws -> [BlockExtent]
}
