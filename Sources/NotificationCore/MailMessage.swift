import APIProtocol
import Primitives

/// A mail as bytes (RFC 5322, RFC 2045): the headers are ASCII whatever goes in, and nothing that goes in can begin a
/// header of its own.
public struct MailMessage: Equatable, Sendable {
    public var from: String
    public var to: [String]
    public var subject: String
    public var body: String
    public var date: Timestamp
    /// Left of the `@` of the message's identity: letters, digits and dots; the same again for the same message.
    public var identity: String
    /// Right of it.
    public var domain: String

    public init(
        from: String, to: [String], subject: String, body: String, date: Timestamp, identity: String, domain: String
    ) {
        self.from = from
        self.to = to
        self.subject = subject
        self.body = body
        self.date = date
        self.identity = identity
        self.domain = domain
    }

    /// With CRLF line ends, before dot-stuffing.
    public var text: String {
        let headers = [
            "Date: \(Self.date(date))", "From: \(Self.line(from))",
            "To: \(to.map(Self.line).joined(separator: ",\r\n "))",
            "Message-ID: <\(Self.line(identity))@\(Self.line(domain))>", "Subject: \(Self.encoded(subject))",
            "Auto-Submitted: auto-generated", "MIME-Version: 1.0", "Content-Type: text/plain; charset=utf-8",
            "Content-Transfer-Encoding: base64",
        ]
        var coded: [UInt8] = []
        Base64.append(Array(body.utf8), to: &coded)
        return headers.joined(separator: "\r\n") + "\r\n\r\n" + Self.folded(coded)
    }

    /// Base64 in lines of 76 characters (RFC 2045, section 6.8).
    private static func folded(_ coded: [UInt8]) -> String {
        stride(from: 0, to: coded.count, by: 76)
            .map { String(decoding: coded[$0..<min($0 + 76, coded.count)], as: UTF8.self) + "\r\n" }.joined()
    }

    /// Without anything that could end the line.
    static func line(_ text: String) -> String {
        String(String.UnicodeScalarView(text.unicodeScalars.filter { (0x20...0x7E).contains($0.value) }))
    }

    /// Plain where it is printable ASCII, else encoded words of at most 75 characters, one to a line (RFC 2047, section
    /// 2), never cut inside of a character.
    static func encoded(_ text: String) -> String {
        let clean = String.UnicodeScalarView(
            text.unicodeScalars.map { $0.value < 0x20 || (0x7F...0x9F).contains($0.value) ? " " : $0 })
        let plain = String(clean)
        if plain.utf8.allSatisfy({ (0x20...0x7E).contains($0) }), plain.utf8.count <= 66, !plain.contains("=?") {
            return plain
        }
        var words: [String] = []
        var part: [UInt8] = []
        func finish() {
            var coded: [UInt8] = []
            Base64.append(part, to: &coded)
            words.append("=?UTF-8?B?" + String(decoding: coded, as: UTF8.self) + "?=")
            part = []
        }
        for scalar in clean {
            let bytes = Array(String(scalar).utf8)
            // 45 bytes make 60 characters; with the 12 around them 72.
            if part.count + bytes.count > 45 { finish() }
            part += bytes
        }
        finish()
        return words.joined(separator: "\r\n ")
    }

    /// RFC 5322, section 3.3, in UTC.
    static func date(_ time: Timestamp) -> String {
        let days = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        let seconds = time.milliseconds >= 0 ? time.milliseconds / 1_000 : 0
        let text = Array(Timestamp(milliseconds: seconds * 1_000).description)
        let month = Int(String(text[5...6])) ?? 1
        return "\(days[Int(seconds / 86_400 % 7)]), \(String(text[8...9])) \(months[month - 1]) "
            + "\(String(text[0...3])) \(String(text[11...18])) +0000"
    }
}
