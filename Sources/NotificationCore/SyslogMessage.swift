import APIProtocol
import Primitives

/// One event for a log server: RFC 5424, framed by octet counting (RFC 6587, section 3.4.1, as RFC 5425 demands).
public enum SyslogMessage {
    /// Facility `daemon`.
    private static let facility = 3

    /// - Parameters:
    ///   - host: the cluster's name.
    ///   - text: the sentence; control characters become blanks.
    public static func frame(_ event: ClusterEvent, host: String, text: String) -> [UInt8] {
        let message = line(event, host: host, text: text)
        return Array("\(message.count) ".utf8) + message
    }

    static func line(_ event: ClusterEvent, host: String, text: String) -> [UInt8] {
        let severity =
            switch event.level {
            case .error: 3
            case .warning: 4
            case .info: 6
            }
        // sequenceId is 1 to 2147483647 and begins anew then (RFC 5424, section 7.3.1).
        let sequence = (max(event.sequence, 1) - 1) % 2_147_483_647 + 1
        let header =
            "<\(facility * 8 + severity)>1 \(event.at) \(name(host, 255)) keelson \(event.node?.text ?? "-") "
            + "\(name(event.kind, 32)) [meta sequenceId=\"\(sequence)\"] "
        let clean = String(
            String.UnicodeScalarView(
                text.unicodeScalars.map { $0.value < 0x20 || (0x7F...0x9F).contains($0.value) ? " " : $0 }))
        // Text that is not ASCII says so with a byte order mark (section 6.4).
        let mark: [UInt8] = clean.utf8.allSatisfy { $0 < 0x80 } ? [] : [0xEF, 0xBB, 0xBF]
        return Array(header.utf8) + mark + Array(clean.utf8)
    }

    /// PRINTUSASCII without blanks; `-` for nothing.
    private static func name(_ text: String, _ limit: Int) -> String {
        let scalars = text.unicodeScalars.filter { (0x21...0x7E).contains($0.value) }.prefix(limit)
        return scalars.isEmpty ? "-" : String(String.UnicodeScalarView(scalars))
    }
}
