import Primitives

/// Spans of repeated measurements, with the figures that are reported.
public struct Distribution: Sendable {
    private let sorted: [Span]

    public init(_ spans: [Span]) { sorted = spans.sorted() }

    public var count: Int { sorted.count }
    public var least: Span? { sorted.first }
    public var median: Span? { quantile(0.5) }
    public var p99: Span? { quantile(0.99) }
    public var worst: Span? { sorted.last }

    private func quantile(_ part: Double) -> Span? {
        sorted.isEmpty ? nil : sorted[min(sorted.count - 1, Int(part * Double(sorted.count)))]
    }
}
