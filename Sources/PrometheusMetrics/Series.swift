import Metrics
import Synchronization

enum SeriesKind: String, Sendable {
    case counter
    case gauge
    case histogram
}

/// The numbers of one name with one set of labels.
final class Series: Sendable {
    /// Upper bounds of the histogram's buckets, in seconds (or in the recorder's own unit).
    static let bounds: [Double] = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

    private struct Numbers {
        /// The counter's or gauge's value; the histogram's sum.
        var value = 0.0
        var count = 0
        var buckets: [Int] = []
    }

    private let kind: SeriesKind
    private let numbers: Mutex<Numbers>

    init(kind: SeriesKind) {
        self.kind = kind
        numbers = Mutex(Numbers(buckets: kind == .histogram ? Array(repeating: 0, count: Self.bounds.count) : []))
    }

    func add(_ amount: Double) { numbers.withLock { $0.value += amount } }
    func set(to value: Double) { numbers.withLock { $0.value = value } }

    func observe(_ value: Double) {
        guard kind == .histogram else { return set(to: value) }
        numbers.withLock { numbers in
            numbers.value += value
            numbers.count += 1
            if let bucket = Self.bounds.firstIndex(where: { value <= $0 }) { numbers.buckets[bucket] += 1 }
        }
    }

    func lines(name: String, labels: String) -> String {
        let numbers = numbers.withLock { $0 }
        let braces = labels.isEmpty ? "" : "{\(labels)}"
        guard kind == .histogram else { return "\(name)\(braces) \(Self.print(numbers.value))\n" }
        let prefix = labels.isEmpty ? "" : labels + ","
        var text = ""
        var below = 0
        for (bound, count) in zip(Self.bounds, numbers.buckets) {
            below += count
            text += "\(name)_bucket{\(prefix)le=\"\(Self.print(bound))\"} \(below)\n"
        }
        text += "\(name)_bucket{\(prefix)le=\"+Inf\"} \(numbers.count)\n"
        text += "\(name)_sum\(braces) \(Self.print(numbers.value))\n"
        text += "\(name)_count\(braces) \(numbers.count)\n"
        return text
    }

    /// Whole numbers without a fraction; the format's own words for what is not finite.
    static func print(_ value: Double) -> String {
        guard value.isFinite else { return value.isNaN ? "NaN" : value < 0 ? "-Inf" : "+Inf" }
        return Int64(exactly: value).map(String.init) ?? "\(value)"
    }
}

extension Series: CounterHandler, FloatingPointCounterHandler {
    func increment(by amount: Int64) { add(Double(amount)) }
    func reset() { set(to: 0) }
}

extension Series: MeterHandler {
    func set(_ value: Int64) { set(to: Double(value)) }
    func set(_ value: Double) { set(to: value) }
    func increment(by amount: Double) { add(amount) }
    func decrement(by amount: Double) { add(-amount) }
}

extension Series: RecorderHandler {
    func record(_ value: Int64) { observe(Double(value)) }
    func record(_ value: Double) { observe(value) }
}

extension Series: TimerHandler {
    func recordNanoseconds(_ duration: Int64) { observe(Double(duration) / 1e9) }
}
