import Primitives

/// One request of the client to the VIP.
public struct ProbeRow: Equatable, Sendable {
    /// What was asked.
    public enum Target: String, CaseIterable, Sendable {
        /// `GET /v1/master` over a fresh TLS connection.
        case api
        /// The lab's tiny plain responder, which runs beside the daemons on every node and always answers.
        case responder
    }

    public let target: Target
    public let start: Instant
    public let end: Instant
    /// Name of the node that answered; nil when nobody did.
    public let answer: String?

    public init(target: Target, start: Instant, end: Instant, answer: String?) {
        self.target = target
        self.start = start
        self.end = end
        self.answer = answer
    }
}

extension ProbeRow: LosslessStringConvertible {
    /// `api 123 456 n1`, times in nanoseconds of CLOCK_BOOTTIME, `-` for no answer.
    public var description: String {
        "\(target.rawValue) \(start.nanoseconds) \(end.nanoseconds) \(answer ?? "-")"
    }

    public init?(_ text: String) {
        let words = text.split(separator: " ")
        guard words.count == 4, let target = Target(rawValue: String(words[0])), let start = Int64(words[1]),
            let end = Int64(words[2])
        else { return nil }
        self.init(
            target: target, start: Instant(nanoseconds: start), end: Instant(nanoseconds: end),
            answer: words[3] == "-" ? nil : String(words[3]))
    }
}
