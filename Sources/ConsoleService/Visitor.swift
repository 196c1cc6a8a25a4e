import APIProtocol
import Crypto
import HTTPTypes
import Hummingbird
import Primitives
import Texts

/// Who looks at a page, and how: from cookies only, so that every node gives the same page.
struct Visitor: Sendable {
    enum Theme: String, CaseIterable, Sendable {
        case auto, light, dark
    }

    /// `__Host-`: this host only, over HTTPS only (RFC 6265bis, 4.1.3.2).
    static let sessionCookie = "__Host-session"
    static let languageCookie = "language"
    static let themeCookie = "theme"

    let token: String?
    let language: Language
    let theme: Theme
    let client: String

    init(_ request: Request, _ context: ConsoleContext) {
        let cookies = request.cookies
        token = cookies[Self.sessionCookie].map(\.value).flatMap { $0.isEmpty ? nil : $0 }
        client = context.client
        theme = cookies[Self.themeCookie].flatMap { Theme(rawValue: $0.value) } ?? .auto
        language =
            cookies[Self.languageCookie].flatMap { Language(rawValue: $0.value) }
            ?? Self.preferred(request.headers[.acceptLanguage] ?? "")
    }

    /// The first of the browser's languages that the console speaks (RFC 9110, 12.5.4; weights are in order already).
    static func preferred(_ header: String) -> Language {
        for part in header.split(separator: ",") {
            let tag = part.prefix { $0 != ";" }.trimmingPrefix { $0 == " " }.prefix { $0 != "-" }.lowercased()
            if let language = Language(rawValue: tag) { return language }
        }
        return .english
    }

    var asker: Upstream.Asker { .visitor(token: token, client: client) }

    /// In every form; another site cannot know it. The same on every node, as it follows from the session alone.
    var formToken: String { Self.formToken(of: token) }

    static func formToken(of token: String?) -> String {
        Hexadecimal.text(Array(SHA256.hash(data: Array("form \(token ?? "")".utf8)).prefix(16)))
    }

    /// - Parameter seconds: nil: until the browser ends.
    static func cookie(_ name: String, _ value: String, seconds: Int? = nil, isSecret: Bool = false) -> Cookie {
        Cookie(
            name: name, value: value, maxAge: seconds, path: "/", secure: true, httpOnly: isSecret,
            sameSite: isSecret ? .lax : .strict)
    }
}
