extension NotificationTargetRequest: Validatable {
    public func validate() throws(APIError) {
        try Self.plain(name, 1...64, "name")
        for (index, kind) in (kinds ?? []).enumerated() { try Rule.name(kind, "kinds[\(index)]") }
        guard (kinds ?? []).count <= 64 else { throw .invalid("kinds", clause: "atMost", ["high": "64"]) }
        let parts: [(kind: NotificationKind, isGiven: Bool)] = [
            (.smtp, smtp != nil), (.webhook, webhook != nil), (.syslog, syslog != nil),
        ]
        for part in parts where part.isGiven != (part.kind == kind) {
            guard part.isGiven else { throw APIError(.missingField, field: part.kind.rawValue) }
            throw .invalid(part.kind.rawValue, clause: "otherKind", ["kind": kind.rawValue])
        }
        try smtp?.validate()
        try webhook?.validate()
        try syslog?.validate()
    }

    /// No control characters: nothing may end a line of a protocol.
    static func plain(_ text: String, _ length: ClosedRange<Int>, _ field: String) throws(APIError) {
        guard length.contains(text.utf8.count),
            text.unicodeScalars.allSatisfy({ $0.value >= 0x20 && !(0x7F...0x9F).contains($0.value) })
        else {
            throw .invalid(
                field, clause: "plainText", ["low": "\(length.lowerBound)", "high": "\(length.upperBound)"])
        }
    }

    static func host(_ text: String, _ field: String) throws(APIError) {
        let allowed = text.utf8.allSatisfy { byte in
            (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte)
                || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "-") || byte == UInt8(ascii: ":")
        }
        guard allowed, (1...253).contains(text.utf8.count) else {
            throw .invalid(field, clause: "host")
        }
    }

    /// The form of addresses that every mail server takes: no quotes, no comments, ASCII (RFC 5321 Dot-string).
    static func mailbox(_ text: String, _ field: String) throws(APIError) {
        let parts = text.split(separator: "@", omittingEmptySubsequences: false)
        let special = Set("()<>[]:;,\\\"".utf8)
        guard parts.count == 2, (1...64).contains(parts[0].utf8.count), (1...189).contains(parts[1].utf8.count),
            text.utf8.allSatisfy({ (0x21...0x7E).contains($0) && !special.contains($0) })
        else { throw .invalid(field, clause: "mailAddress") }
    }
}

extension NotificationTargetRequest.Mail {
    func validate() throws(APIError) {
        try NotificationTargetRequest.host(host, "smtp.host")
        try Rule.range(port, 1...65_535, "smtp.port")
        try NotificationTargetRequest.mailbox(from, "smtp.from")
        guard (1...16).contains(to.count) else {
            throw .invalid("smtp.to", clause: "mailAddresses", ["low": "1", "high": "16"])
        }
        for (index, address) in to.enumerated() {
            try NotificationTargetRequest.mailbox(address, "smtp.to[\(index)]")
        }
        if let user { try NotificationTargetRequest.plain(user, 1...256, "smtp.user") }
        if let password { try NotificationTargetRequest.plain(password, 1...256, "smtp.password") }
        guard password == nil || user != nil else { throw APIError(.missingField, field: "smtp.user") }
        guard user == nil || security != .none else {
            throw .invalid("smtp.security", clause: "clearPassword")
        }
        if let ca { try Rule.pem(ca, "smtp.ca") }
    }
}

extension NotificationTargetRequest.Webhook {
    func validate() throws(APIError) {
        let host = url.dropFirst("https://".utf8.count).prefix { $0 != "/" && $0 != "?" && $0 != "#" }
        guard url.hasPrefix("https://"), url.utf8.count <= 2_048, !host.isEmpty, !host.contains("@"),
            url.utf8.allSatisfy({ (0x21...0x7E).contains($0) })
        else { throw .invalid("webhook.url", clause: "httpsURL") }
        if let secret,
            !(16...256).contains(secret.utf8.count) || !secret.utf8.allSatisfy({ (0x21...0x7E).contains($0) })
        {
            throw .invalid("webhook.secret", clause: "visible", ["low": "16", "high": "256"])
        }
        if let ca { try Rule.pem(ca, "webhook.ca") }
    }
}

extension NotificationTargetRequest.Syslog {
    func validate() throws(APIError) {
        try NotificationTargetRequest.host(host, "syslog.host")
        try Rule.range(port, 1...65_535, "syslog.port")
        if let ca { try Rule.pem(ca, "syslog.ca") }
    }
}
