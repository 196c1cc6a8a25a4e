/// A length of time in nanoseconds. Negative spans are allowed: a deadline that has passed is one.
public struct Span: Hashable, Comparable, Sendable {
    public let nanoseconds: Int64

    public init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

    public static let zero = Span(nanoseconds: 0)
    public static func microseconds(_ count: Int64) -> Span { Span(nanoseconds: count * 1_000) }
    public static func milliseconds(_ count: Int64) -> Span { Span(nanoseconds: count * 1_000_000) }
    public static func seconds(_ count: Int64) -> Span { Span(nanoseconds: count * 1_000_000_000) }

    /// Whole milliseconds, rounded towards zero.
    public var milliseconds: Int64 { nanoseconds / 1_000_000 }
    public var microseconds: Int64 { nanoseconds / 1_000 }
    public var seconds: Double { Double(nanoseconds) / 1e9 }

    public static func < (left: Span, right: Span) -> Bool { left.nanoseconds < right.nanoseconds }
    public static func + (left: Span, right: Span) -> Span { Span(nanoseconds: left.nanoseconds + right.nanoseconds) }
    public static func - (left: Span, right: Span) -> Span { Span(nanoseconds: left.nanoseconds - right.nanoseconds) }
    public static func * (left: Span, right: Int64) -> Span { Span(nanoseconds: left.nanoseconds * right) }
    public static func / (left: Span, right: Int64) -> Span { Span(nanoseconds: left.nanoseconds / right) }
}

extension Span: CustomStringConvertible {
    /// Milliseconds with three decimals, the unit that people compare outages in.
    public var description: String {
        let sign = nanoseconds < 0 ? "-" : ""
        let micros = nanoseconds.magnitude / 1_000
        let fraction = String(micros % 1_000)
        return "\(sign)\(micros / 1_000).\(String(repeating: "0", count: 3 - fraction.count))\(fraction) ms"
    }
}
