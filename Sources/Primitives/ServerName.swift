/// A server as an operator writes it: `host`, `host:port`, `10.0.0.1`, `fd00::1`, `[fd00::1]:123`.
public struct ServerName: Hashable, Sendable {
    /// A DNS name in the form that was written, or an address without brackets.
    public let host: String
    public let port: Int?

    public init(host: String, port: Int?) {
        self.host = host
        self.port = port
    }
}

extension ServerName: LosslessStringConvertible {
    /// - Returns: nil unless the host is an address or a DNS name (RFC 1123 section 2.1) and the port 1 to 65535.
    public init?(_ text: String) {
        if IPAddress(text) != nil {
            self.init(host: text, port: nil)
            return
        }
        if text.hasPrefix("["), let close = text.firstIndex(of: "]") {
            let host = String(text[text.index(after: text.startIndex)..<close])
            guard let address = IPAddress(host), !address.isIPv4 else { return nil }
            let rest = text[text.index(after: close)...]
            guard !rest.isEmpty else {
                self.init(host: host, port: nil)
                return
            }
            guard rest.first == ":", let port = Self.port(rest.dropFirst()) else { return nil }
            self.init(host: host, port: port)
            return
        }
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard (1...2).contains(parts.count), Self.isHost(parts[0]) else { return nil }
        guard parts.count == 2 else {
            self.init(host: text, port: nil)
            return
        }
        guard let port = Self.port(parts[1]) else { return nil }
        self.init(host: String(parts[0]), port: port)
    }

    public var description: String {
        guard let port else { return host }
        return host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
    }

    private static func port(_ text: Substring) -> Int? {
        guard (1...5).contains(text.utf8.count), text.utf8.allSatisfy({ (48...57).contains($0) }),
            let port = Int(text), (1...65_535).contains(port)
        else { return nil }
        return port
    }

    private static func isHost(_ text: Substring) -> Bool {
        if IPAddress(String(text)) != nil { return true }
        let labels = text.split(separator: ".", omittingEmptySubsequences: false)
        guard (1...253).contains(text.utf8.count), labels.allSatisfy(isLabel), let last = labels.last else {
            return false
        }
        // A last label of digits is a mistyped address: no top-level domain is a number (RFC 3696 section 2).
        return !last.utf8.allSatisfy { (48...57).contains($0) }
    }

    private static func isLabel(_ label: Substring) -> Bool {
        (1...63).contains(label.utf8.count) && label.first != "-" && label.last != "-"
            && label.utf8.allSatisfy {
                (48...57).contains($0) || (65...90).contains($0) || (97...122).contains($0) || $0 == UInt8(ascii: "-")
            }
    }
}
