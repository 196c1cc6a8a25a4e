/// Who owns which bytes of a ring of memory: a piece is reserved at the head, shrinks to what it needed, and is given
/// back at the tail in the same order. A piece never goes over the end of the memory.
public struct RingSpace: Sendable {
    public let capacity: Int
    /// Bytes ever reserved and ever given back, gaps at the end of the memory included.
    private var head: Int
    private var tail: Int
    private var open: Int?

    /// - Parameter start: where the first piece will lie.
    /// - Precondition: more than 0 bytes.
    public init(capacity: Int, startingAt start: Int = 0) {
        precondition(capacity > 0 && (0..<capacity).contains(start))
        self.capacity = capacity
        head = start
        tail = start
    }

    /// Bytes that are reserved.
    public var used: Int { head - tail }

    /// What `commit` last said.
    public var mark: Int { head }

    /// Where a piece of so many bytes would begin.
    public func next(_ count: Int) -> Int { head % capacity + count > capacity ? 0 : head % capacity }

    /// - Returns: where the piece begins in the memory; nil when there is no room.
    /// - Precondition: no piece is open.
    public mutating func reserve(_ count: Int) -> Int? {
        precondition(open == nil, "a piece is open")
        precondition(count <= capacity)
        let place = head % capacity
        let gap = place + count > capacity ? capacity - place : 0
        guard used + gap + count <= capacity else { return nil }
        head += gap
        open = count
        defer { head += count }
        return head % capacity
    }

    /// Keeps the first bytes of the open piece.
    ///
    /// - Returns: what `release` takes when this piece and all ahead of it are given back.
    public mutating func commit(_ count: Int) -> Int {
        guard let reserved = open, count <= reserved else { preconditionFailure("no such piece is open") }
        head -= reserved - count
        open = nil
        return head
    }

    /// Gives back the piece of which `commit` said this, and all ahead of it.
    public mutating func release(_ mark: Int) {
        precondition(mark >= tail && mark <= head, "pieces are given back in order")
        tail = mark
    }
}
