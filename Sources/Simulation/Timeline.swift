import Primitives

/// What is to happen, in the order of moments; equal moments in the order in which they were scheduled.
struct Timeline<Happening> {
    private struct Entry {
        let moment: Int64
        let order: Int64
        let slot: Int

        func precedes(_ other: Entry) -> Bool {
            moment != other.moment ? moment < other.moment : order < other.order
        }
    }

    private var heap: [Entry] = []
    private var slots: [Happening?] = []
    private var free: [Int] = []
    private var order: Int64 = 0

    mutating func schedule(_ happening: Happening, at moment: Instant) {
        order += 1
        let slot: Int
        if let reused = free.popLast() {
            slot = reused
            slots[slot] = happening
        } else {
            slot = slots.count
            slots.append(happening)
        }
        heap.append(Entry(moment: moment.nanoseconds, order: order, slot: slot))
        siftUp(heap.count - 1)
    }

    /// Takes out what comes next; nil when nothing is left.
    mutating func next() -> (moment: Instant, happening: Happening)? {
        guard let first = heap.first, let last = heap.popLast() else { return nil }
        if !heap.isEmpty {
            heap[0] = last
            siftDown()
        }
        guard let happening = slots[first.slot] else { preconditionFailure("an entry without its happening") }
        slots[first.slot] = nil
        free.append(first.slot)
        return (Instant(nanoseconds: first.moment), happening)
    }

    private mutating func siftUp(_ start: Int) {
        var child = start
        while child > 0 {
            let parent = (child - 1) / 2
            guard heap[child].precedes(heap[parent]) else { return }
            heap.swapAt(child, parent)
            child = parent
        }
    }

    private mutating func siftDown() {
        var parent = 0
        while true {
            var least = parent
            for child in [2 * parent + 1, 2 * parent + 2] where child < heap.count {
                if heap[child].precedes(heap[least]) { least = child }
            }
            guard least != parent else { return }
            heap.swapAt(parent, least)
            parent = least
        }
    }
}
