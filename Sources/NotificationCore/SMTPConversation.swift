import APIProtocol
import Primitives

/// The client's side of one mail (RFC 5321, RFC 3207, RFC 4954): lines of the server go in, bytes come out.
public struct SMTPConversation: Sendable {
    public struct Order: Sendable {
        /// Whether TLS must be begun with STARTTLS; a server that does not offer it gets nothing.
        public var startsTLS: Bool
        /// Only over TLS: the caller sees to it.
        public var credentials: (user: String, password: String)?
        public var from: String
        public var to: [String]
        /// CRLF line ends.
        public var message: String
        /// What this side calls itself.
        public var greeting: String

        public init(
            startsTLS: Bool, credentials: (user: String, password: String)?, from: String, to: [String],
            message: String, greeting: String
        ) {
            self.startsTLS = startsTLS
            self.credentials = credentials
            self.from = from
            self.to = to
            self.message = message
            self.greeting = greeting
        }
    }

    public enum Effect: Equatable, Sendable {
        case send(String)
        /// Then call `secured()`; what the server has sent before must be none.
        case startTLS
        /// The server has taken the mail; a farewell (`QUIT`) that fails changes nothing.
        case done
        /// One English clause.
        case failed(String)
    }

    private enum State: Sendable, Equatable {
        case greeting, hello, startTLS, securing, helloAgain, plain, login, loginUser, loginPassword, sender
        case recipient(Int)
        case data, content, ended
    }

    private let order: Order
    private var state = State.greeting
    private var reply: [Substring] = []
    private var code = 0
    private var taken = 0
    private var refusal = ""

    public init(_ order: Order) { self.order = order }

    /// Message content as it goes over the wire: a dot that begins a line is doubled (RFC 5321, section 4.5.2), the end
    /// is marked.
    static func stuffed(_ message: String) -> String {
        var text = ""
        var rest = Substring(message)
        while !rest.isEmpty {
            let end = rest.firstIndex(of: "\r\n").map { rest.index(after: $0) } ?? rest.endIndex
            let line = rest[..<end]
            text += (line.hasPrefix(".") ? "." : "") + line
            rest = rest[end...]
        }
        return text + (text.hasSuffix("\r\n") || text.isEmpty ? "" : "\r\n") + ".\r\n"
    }

    /// - Parameter line: without its line end.
    public mutating func received(_ line: String) -> [Effect] {
        let bytes = Array(line.utf8)
        guard bytes.count >= 3, let code = Int(String(decoding: bytes[..<3], as: UTF8.self)),
            (200...599).contains(code),
            bytes.count == 3 || bytes[3] == UInt8(ascii: " ") || bytes[3] == UInt8(ascii: "-"),
            reply.isEmpty || code == self.code, reply.count < 100
        else { return fail("the mail server does not speak SMTP: '\(Self.visible(line))'") }
        self.code = code
        reply.append(line.dropFirst(4))
        guard bytes.count > 3, bytes[3] == UInt8(ascii: "-") else {
            defer { reply = [] }
            return answered()
        }
        return []
    }

    /// TLS is in place after `startTLS`.
    public mutating func secured() -> [Effect] {
        guard state == .securing else { return fail("TLS began out of order") }
        state = .helloAgain
        return [.send("EHLO \(order.greeting)\r\n")]
    }

    private mutating func answered() -> [Effect] {
        switch (state, code) {
        case (.greeting, 220): return go(.hello, "EHLO \(order.greeting)")
        case (.hello, 250) where order.startsTLS:
            guard offers("STARTTLS") else { return fail("the mail server does not offer STARTTLS") }
            return go(.startTLS, "STARTTLS")
        case (.hello, 250), (.helloAgain, 250): return authenticate()
        case (.startTLS, 220):
            state = .securing
            return [.startTLS]
        case (.login, 334): return go(.loginUser, Self.base64(order.credentials?.user ?? ""))
        case (.loginUser, 334): return go(.loginPassword, Self.base64(order.credentials?.password ?? ""))
        case (.plain, 235), (.loginPassword, 235): return go(.sender, "MAIL FROM:<\(order.from)>")
        case (.sender, 250): return go(.recipient(0), "RCPT TO:<\(order.to[0])>")
        case (.recipient(let index), _): return recipient(index)
        case (.data, 354):
            state = .content
            return [.send(Self.stuffed(order.message))]
        case (.content, 250):
            state = .ended
            return [.done]
        default: return fail(refused)
        }
    }

    /// The mail goes to those whom the server takes, if there is one.
    private mutating func recipient(_ index: Int) -> [Effect] {
        if code == 250 || code == 251 { taken += 1 } else { refusal = refused }
        if index + 1 < order.to.count { return go(.recipient(index + 1), "RCPT TO:<\(order.to[index + 1])>") }
        return taken > 0 ? go(.data, "DATA") : fail(refusal)
    }

    private mutating func authenticate() -> [Effect] {
        guard let (user, password) = order.credentials else { return go(.sender, "MAIL FROM:<\(order.from)>") }
        if offers("AUTH", "PLAIN") { return go(.plain, "AUTH PLAIN " + Self.base64("\0\(user)\0\(password)")) }
        if offers("AUTH", "LOGIN") { return go(.login, "AUTH LOGIN") }
        return fail("the mail server offers neither AUTH PLAIN nor AUTH LOGIN")
    }

    private func offers(_ keyword: String, _ parameter: String? = nil) -> Bool {
        reply.dropFirst().contains { line in
            let words = line.uppercased().split(separator: " ")
            return words.first.map(String.init) == keyword
                && (parameter.map { words.dropFirst().contains(Substring($0)) } ?? true)
        }
    }

    private mutating func go(_ next: State, _ command: String) -> [Effect] {
        state = next
        return [.send(command + "\r\n")]
    }

    private mutating func fail(_ reason: String) -> [Effect] {
        guard state != .ended else { return [] }
        state = .ended
        return [.failed(reason)]
    }

    private var refused: String {
        "the mail server answered \(code) \(Self.visible(reply.map(String.init).joined(separator: " "))) \(moment)"
    }

    private var moment: String {
        switch state {
        case .greeting: "to the connection"
        case .hello, .helloAgain: "to EHLO"
        case .startTLS, .securing: "to STARTTLS"
        case .plain, .login, .loginUser, .loginPassword: "to the login"
        case .sender: "to the sender"
        case .recipient(let index): "to the recipient \(order.to[index])"
        case .data, .content, .ended: "to the message"
        }
    }

    private static func base64(_ text: String) -> String {
        var coded: [UInt8] = []
        Base64.append(Array(text.utf8), to: &coded)
        return String(decoding: coded, as: UTF8.self)
    }

    /// What a server says may be anything.
    private static func visible(_ text: String) -> String {
        String(String.UnicodeScalarView(text.unicodeScalars.filter { (0x20...0x7E).contains($0.value) }.prefix(200)))
    }
}
