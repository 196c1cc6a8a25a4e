import Primitives

/// What a series of power cuts of the same kind showed.
public struct FailoverSeries: Sendable {
    public let what: String
    /// From the first failed request to the first answer of the new holder.
    public var outages: [Span] = []
    /// The same for the plain responder, the service that moves with keepalived's address too: like with like.
    public var plainOutages: [Span] = []
    /// Changes of answer after the takeovers, summed, of what `outages` was measured with.
    public var changes = 0
    /// Changes of answer of the plain responder after the takeovers, summed.
    public var plainChanges = 0
    /// Takeovers that never came.
    public var missed = 0
    /// Between the old holder's last answer and the new one's first.
    public var margins: [Span] = []

    public init(_ what: String) { self.what = what }

    /// Titles of `row`.
    public static let header = [
        "what", "n", "median", "p99", "worst", "plain median", "changes", "plain changes", "margin min",
    ]

    /// Seconds, for the table.
    public var row: [String] {
        let distribution = Distribution(outages)
        func seconds(_ span: Span?) -> String {
            guard let span else { return "-" }
            let text = String(span.milliseconds.magnitude % 1000)
            return "\(span < .zero ? "-" : "")\(span.milliseconds.magnitude / 1000)."
                + String(repeating: "0", count: 3 - text.count) + text
        }
        return [
            what, missed == 0 ? "\(outages.count)" : "\(outages.count) (+\(missed) without takeover)",
            seconds(distribution.median), seconds(distribution.p99), seconds(distribution.worst),
            seconds(Distribution(plainOutages).median), "\(changes)", "\(plainChanges)",
            seconds(margins.min()),
        ]
    }
}
