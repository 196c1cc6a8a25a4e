import BlockIO
import NBDProtocol

/// Requests of one connection that are under way, with their memory: fixed slots, nothing is allocated for a request.
struct ReplySlots: ~Copyable {
    /// Requests under way at most.
    static let limit = 128
    /// Bytes of a request that need only a small buffer.
    static let smallSize = 16_384
    /// Bytes of each part of a longer request.
    static let partSize = 262_144
    private static let partLimit = Int(NBDTerms.longestTransfer) / partSize

    struct Slot {
        var command = NBDCommand.read
        var request = NBDRequest(type: 0, cookie: 0)
        /// Parts of it that the device works on.
        var open = 0
        /// There will be no more parts.
        var isComplete = false
        /// errno(3) of the first part that failed.
        var errno: Int32 = 0
        var partCount = 0
        /// Bytes of the reply's head, and of what follows from the parts.
        var headSize = 0
        var bodySize = 0
    }

    private let slots = UnsafeMutablePointer<Slot>.allocate(capacity: limit)
    private let parts = UnsafeMutablePointer<UnsafeMutableRawPointer>.allocate(capacity: limit * partLimit)
    private let heads = UnsafeMutableRawPointer.allocate(
        byteCount: limit * NBDReply.largestHead, alignment: NBDReply.largestHead)
    private var free: [Int32]
    private var small = AlignedPool(bufferSize: smallSize, count: limit)
    // A little more than the longest request, so that the next one can begin.
    private var large = AlignedPool(bufferSize: partSize, count: partLimit + 16)

    init() {
        slots.initialize(repeating: Slot(), count: Self.limit)
        free = (0..<Int32(Self.limit)).reversed()
    }

    deinit {
        slots.deallocate()
        parts.deallocate()
        heads.deallocate()
    }

    subscript(index: Int) -> Slot {
        _read { yield slots[index] }
        nonmutating _modify { yield &slots[index] }
    }

    var isIdle: Bool { free.count == Self.limit }

    /// Takes a slot with memory for so many bytes.
    ///
    /// - Returns: nil when there is no room now.
    mutating func take(_ command: NBDCommand, _ request: NBDRequest, memory length: Int) -> Int? {
        let count = length <= Self.smallSize ? min(length, 1) : (length + Self.partSize - 1) / Self.partSize
        guard length <= Self.smallSize || count <= large.available, let free = free.popLast() else { return nil }
        let index = Int(free)
        slots[index] = Slot(command: command, request: request)
        slots[index].partCount = count
        for part in 0..<count {
            // There are as many small ones as slots.
            parts[index * Self.partLimit + part] = length <= Self.smallSize ? small.take()! : large.take()!
        }
        return index
    }

    mutating func give(_ index: Int) {
        let count = slots[index].partCount
        let isSmall = count == 1 && isSmallRequest(index)
        for part in 0..<count {
            let buffer = parts[index * Self.partLimit + part]
            if isSmall { small.give(buffer) } else { large.give(buffer) }
        }
        free.append(Int32(index))
    }

    private func isSmallRequest(_ index: Int) -> Bool {
        slots[index].command == .blockStatus || slots[index].request.length <= UInt32(Self.smallSize)
    }

    func part(_ index: Int, _ part: Int) -> UnsafeMutableRawPointer { parts[index * Self.partLimit + part] }
    func head(_ index: Int) -> UnsafeMutableRawPointer { heads + index * NBDReply.largestHead }
}
