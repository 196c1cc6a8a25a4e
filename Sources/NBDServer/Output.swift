import Glibc

/// Replies that wait to be sent, in order.
struct Output: ~Copyable {
    /// Vectors of one call.
    private static let limit = 256

    let vectors = UnsafeMutablePointer<iovec>.allocate(capacity: limit)
    private(set) var vectorCount = 0
    private let ring = UnsafeMutablePointer<Int32>.allocate(capacity: ReplySlots.limit)
    private var start = 0
    private var count = 0
    /// Bytes of the first reply that are sent.
    private var done = 0
    /// The socket takes no more at the moment.
    var isBlocked = false
    /// The loop tells when it takes more.
    var isWaiting = false

    deinit {
        vectors.deallocate()
        ring.deallocate()
    }

    var isEmpty: Bool { count == 0 }

    mutating func append(_ slot: Int) {
        ring[(start + count) % ReplySlots.limit] = Int32(slot)
        count += 1
    }

    /// Makes the vectors of as many replies as fit.
    mutating func gather(_ slots: borrowing ReplySlots) {
        vectorCount = 0
        var skip = done
        for place in 0..<count {
            let slot = Int(ring[(start + place) % ReplySlots.limit])
            let state = slots[slot]
            add(slots.head(slot), state.headSize, &skip)
            var offset = 0
            var part = 0
            while offset < state.bodySize {
                let length = min(ReplySlots.partSize, state.bodySize - offset)
                add(slots.part(slot, part), length, &skip)
                offset += length
                part += 1
            }
            if vectorCount == Self.limit { return }
        }
    }

    private mutating func add(_ base: UnsafeMutableRawPointer, _ length: Int, _ skip: inout Int) {
        guard skip < length else { return skip -= length }
        guard vectorCount < Self.limit else { return }
        vectors[vectorCount] = iovec(iov_base: base + skip, iov_len: length - skip)
        vectorCount += 1
        skip = 0
    }

    /// So many bytes more were sent.
    mutating func sent(_ bytes: Int) { done += bytes }

    /// - Returns: the next reply that is sent whole; it is forgotten here.
    mutating func takeSent(_ slots: borrowing ReplySlots) -> Int? {
        guard count > 0 else { return nil }
        let state = slots[Int(ring[start])]
        guard done >= state.headSize + state.bodySize else { return nil }
        done -= state.headSize + state.bodySize
        return takeFirst()
    }

    /// - Returns: the next reply, sent or not; it is forgotten here.
    mutating func takeFirst() -> Int? {
        guard count > 0 else { return nil }
        defer {
            start = (start + 1) % ReplySlots.limit
            count -= 1
        }
        return Int(ring[start])
    }
}
