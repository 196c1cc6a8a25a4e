import Primitives

/// What the master heard of the nodes' resources: each second of the last ten minutes, and each minute's average and
/// maximum of the last 24 hours. Memory is bounded: about 100 KB for a node, and only so many nodes.
public struct MetricsHistory: Sendable {
    /// One figure for each of `Measure.allCases`, in their order.
    public typealias Figures = [Float]

    public enum Measure: Int, CaseIterable, Sendable {
        case cpu, memory, disk, receive, transmit, pressureIO
    }

    /// A row of moments, oldest first; nil where nothing was heard.
    public struct Window: Equatable, Sendable {
        /// Seconds from one moment to the next: 1 or 60.
        public var step: Int
        /// How long before now the first moment begins.
        public var age: Span
        /// The value of the second, or the average of the minute.
        public var values: [Figures?]
        /// The greatest of each minute; nil when the step is a second.
        public var maxima: [Figures?]?
    }

    public static let fineSeconds = 600
    public static let minutes = 1_440

    private let capacity: Int
    private var nodes: [NodeID: NodeHistory] = [:]

    /// - Parameter capacity: nodes; the one that was not heard for longest gives way.
    public init(capacity: Int = 256) {
        precondition(capacity > 0, "a history needs room for one node")
        self.capacity = capacity
    }

    /// - Precondition: one figure for each measure.
    public mutating func record(_ figures: Figures, of node: NodeID, at now: Instant) {
        precondition(figures.count == Measure.allCases.count, "\(figures.count) figures")
        if nodes[node] == nil, nodes.count >= capacity,
            let oldest = nodes.min(by: { ($0.value.last, $0.key.text) < ($1.value.last, $1.key.text) })  // order
        {
            nodes[oldest.key] = nil
        }
        nodes[node, default: NodeHistory()].record(figures, at: now)
    }

    /// - Parameter minutes: up to 10 come in seconds, more in minutes.
    /// - Precondition: 1 to 1440.
    public func window(of node: NodeID, minutes: Int, at now: Instant) -> Window {
        precondition((1...Self.minutes).contains(minutes), "\(minutes) minutes")
        return (nodes[node] ?? NodeHistory()).window(minutes: minutes, at: now)
    }

    public mutating func forget(_ node: NodeID) { nodes[node] = nil }
}

/// Rings indexed by the number of the second and of the minute, each slot with the number that it is of.
private struct NodeHistory: Sendable {
    private static let width = MetricsHistory.Measure.allCases.count

    private struct Ring: Sendable {
        let size: Int
        private var numbers: [Int64]
        private var figures: [Float]

        init(_ size: Int) {
            self.size = size
            numbers = Array(repeating: -1, count: size)
            figures = Array(repeating: 0, count: size * width)
        }

        mutating func set(_ number: Int64, _ new: MetricsHistory.Figures) {
            let slot = Int(number % Int64(size))
            numbers[slot] = number
            figures.replaceSubrange(slot * width..<(slot + 1) * width, with: new)
        }

        func get(_ number: Int64) -> MetricsHistory.Figures? {
            guard number >= 0 else { return nil }
            let slot = Int(number % Int64(size))
            return numbers[slot] == number ? Array(figures[slot * width..<(slot + 1) * width]) : nil
        }
    }

    private(set) var last = Instant(nanoseconds: 0)
    private var seconds = Ring(MetricsHistory.fineSeconds)
    private var averages = Ring(MetricsHistory.minutes)
    private var maxima = Ring(MetricsHistory.minutes)
    /// The minute that is under way.
    private var minute: Int64 = -1
    private var sums: [Double] = []
    private var greatest: MetricsHistory.Figures = []
    private var count = 0

    mutating func record(_ figures: MetricsHistory.Figures, at now: Instant) {
        last = now
        let second = now.nanoseconds / 1_000_000_000
        seconds.set(second, figures)
        if second / 60 != minute {
            minute = second / 60
            sums = figures.map(Double.init)
            greatest = figures
            count = 1
        } else {
            for index in figures.indices {
                sums[index] += Double(figures[index])
                greatest[index] = max(greatest[index], figures[index])
            }
            count += 1
        }
        averages.set(minute, sums.map { Float($0 / Double(count)) })
        maxima.set(minute, greatest)
    }

    func window(minutes: Int, at now: Instant) -> MetricsHistory.Window {
        let second = now.nanoseconds / 1_000_000_000
        if minutes * 60 <= MetricsHistory.fineSeconds {
            let numbers = (second - Int64(minutes * 60) + 1)...second
            return .init(
                step: 1, age: now - Instant(nanoseconds: numbers.lowerBound * 1_000_000_000),
                values: numbers.map { seconds.get($0) ?? between($0) }, maxima: nil)
        }
        let numbers = (second / 60 - Int64(minutes) + 1)...(second / 60)
        return .init(
            step: 60, age: now - Instant(nanoseconds: numbers.lowerBound * 60_000_000_000),
            values: numbers.map { averages.get($0) }, maxima: numbers.map { maxima.get($0) })
    }

    /// Reports come a little more than a second apart, so that a second may have none: that is no gap.
    private func between(_ number: Int64) -> MetricsHistory.Figures? {
        seconds.get(number + 1) == nil ? nil : seconds.get(number - 1)
    }
}
