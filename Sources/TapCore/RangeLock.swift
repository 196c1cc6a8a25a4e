/// Orders requests to one volume that overlap: each waits for all earlier ones that touch its range. Requests that do
/// not overlap never wait for each other.
public struct RangeLock {
    private struct Entry {
        let slot: Int
        let start: UInt64
        let end: UInt64
        /// Earlier entries that overlap and are not released yet.
        var blockers: Int
    }

    /// In the order of arrival. Walked through from end to end: a few dozen requests are under way at a time.
    private var entries: ContiguousArray<Entry> = []

    /// - Parameter capacity: entries for which memory is kept; more are taken, at the price of an allocation.
    public init(capacity: Int) { entries.reserveCapacity(capacity) }

    /// Entries that hold or wait for their range.
    public var count: Int { entries.count }

    /// - Parameter slot: the caller's name of this entry, not in use.
    /// - Returns: true when the range is the caller's now; else `release` of another entry says so later.
    public mutating func acquire(_ slot: Int, offset: UInt64, length: UInt64) -> Bool {
        let end = offset + length
        var blockers = 0
        for entry in entries where entry.start < end && offset < entry.end { blockers += 1 }
        entries.append(Entry(slot: slot, start: offset, end: end, blockers: blockers))
        return blockers == 0
    }

    /// Gives a range back that was granted.
    ///
    /// - Parameter granted: the slots that have their range from now on are added, in the order of arrival.
    /// - Precondition: the slot holds its range.
    public mutating func release(_ slot: Int, granted: inout ContiguousArray<Int>) {
        guard let index = entries.firstIndex(where: { $0.slot == slot }) else {
            preconditionFailure("slot \(slot) has no range")
        }
        let gone = entries[index]
        precondition(gone.blockers == 0, "slot \(slot) still waits for its range")
        entries.remove(at: index)
        for later in index..<entries.count where entries[later].start < gone.end && gone.start < entries[later].end {
            entries[later].blockers -= 1
            if entries[later].blockers == 0 { granted.append(entries[later].slot) }
        }
    }
}
