import MetricsCore
import Primitives
import Testing

@Suite("History of resources")
struct MetricsHistoryTests {
    private static let node = NodeID("0123456789abcdef")!

    private static func figures(_ value: Float) -> MetricsHistory.Figures { [value, 1, 2, 3, 4, 5] }
    private static func at(_ seconds: Double) -> Instant { Instant(nanoseconds: Int64(seconds * 1e9)) }

    private func history(seconds: ClosedRange<Int>, _ value: (Int) -> Float) -> MetricsHistory {
        var history = MetricsHistory()
        for second in seconds {
            history.record(Self.figures(value(second)), of: Self.node, at: Self.at(Double(second)))
        }
        return history
    }

    @Test("Ten minutes come in seconds, oldest first, ending now; all measures")
    func fine() {
        let history = history(seconds: 1_000...1_059) { Float($0) }
        let window = history.window(of: Self.node, minutes: 1, at: Self.at(1_059.5))
        #expect(window.step == 1 && window.values.count == 60 && window.maxima == nil)
        #expect(window.age == .milliseconds(59_500))
        #expect(window.values.first == Self.figures(1_000) && window.values.last == Self.figures(1_059))
        #expect(history.window(of: Self.node, minutes: 10, at: Self.at(1_059)).values.count == 600)
    }

    @Test("What is older than ten minutes is gone from the seconds, what was not heard is a gap")
    func gaps() {
        var history = history(seconds: 0...99) { _ in 1 }
        for second in 105...110 { history.record(Self.figures(2), of: Self.node, at: Self.at(Double(second))) }
        let window = history.window(of: Self.node, minutes: 1, at: Self.at(110))
        #expect(window.values.map { $0 == nil } == (51...110).map { (100...104).contains($0) })
        let later = history.window(of: Self.node, minutes: 10, at: Self.at(800))
        #expect(later.values.allSatisfy { $0 == nil })
        #expect(
            history.window(of: NodeID("1123456789abcdef")!, minutes: 1, at: Self.at(9)).values.allSatisfy { $0 == nil })
    }

    @Test("Reports that are a little late leave no gap")
    func jitter() {
        var history = MetricsHistory()
        for count in 0..<600 {
            history.record(Self.figures(1), of: Self.node, at: Self.at(1_000 + Double(count) * 1.013))
        }
        let window = history.window(of: Self.node, minutes: 10, at: Self.at(1_000 + 599 * 1.013))
        #expect(window.values.allSatisfy { $0 != nil })
    }

    @Test("Longer times come in minutes: averages and maxima, the present minute included")
    func coarse() {
        let history = history(seconds: 6_000...7_229) { $0 % 60 == 0 ? 61 : 1 }
        let window = history.window(of: Self.node, minutes: 30, at: Self.at(7_229))
        #expect(window.step == 60 && window.values.count == 30 && window.age == .seconds(7_229 - 91 * 60))
        #expect(window.values.prefix(9).allSatisfy { $0 == nil })
        #expect(window.values[9] == Self.figures(2) && window.maxima?[9] == Self.figures(61))
        #expect(window.values[29] == Self.figures(3))
        #expect(history.window(of: Self.node, minutes: 1_440, at: Self.at(7_229)).values.count == 1_440)
    }

    @Test("After a day the oldest minutes are written over")
    func day() {
        var history = MetricsHistory()
        for minute in 0..<1_500 {
            history.record(Self.figures(Float(minute)), of: Self.node, at: Self.at(Double(minute * 60)))
        }
        let window = history.window(of: Self.node, minutes: 1_440, at: Self.at(1_499 * 60))
        #expect(window.values.first == Self.figures(60) && window.values.last == Self.figures(1_499))
    }

    @Test("So many nodes and no more: the one that was silent for longest goes")
    func bound() {
        var history = MetricsHistory(capacity: 2)
        let ids = ["a", "b", "c"].map { NodeID("012345678abcde0" + $0)! }
        for (index, id) in ids.enumerated() {
            history.record(Self.figures(1), of: id, at: Self.at(100 + Double(index)))
        }
        let known = ids.map { id in history.window(of: id, minutes: 1, at: Self.at(102)).values.contains { $0 != nil } }
        #expect(known == [false, true, true])
    }
}
