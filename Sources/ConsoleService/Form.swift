import APIProtocol
import HTTPTypes
import Hummingbird
import NIOCore

/// The fields of a submitted form.
struct Form: Sendable {
    /// Bytes; a license is the longest field.
    static let longest = 256 << 10

    private let fields: [String: String]

    /// Reads the form, and makes sure that this console's own page has sent it.
    ///
    /// - Throws: `APIError`: `tooLarge`, `malformed`, or `formExpired` when it is another site's or another session's.
    init(_ request: Request, from visitor: Visitor) async throws {
        guard Self.isSameOrigin(request) else { throw APIError(.formExpired) }
        do {
            let body = try await request.body.collect(upTo: Self.longest)
            fields = try URLEncodedFormDecoder().decode([String: String].self, from: String(buffer: body))
        } catch is NIOTooManyBytesError {
            throw APIError(.tooLarge, ["limit": "\(Self.longest)"])
        } catch is DecodingError {
            throw APIError(.malformed, ["reason": "the form is not understood"])
        }
        guard fields["form"] == visitor.formToken else { throw APIError(.formExpired) }
    }

    subscript(_ name: String) -> String? {
        guard let text = fields[name]?.trimmingCharacters(), !text.isEmpty else { return nil }
        return text
    }

    /// As it was typed: passwords keep their blanks.
    func exact(_ name: String) -> String { fields[name] ?? "" }

    func list(_ name: String) -> [String] {
        (self[name] ?? "").split { $0 == "," || $0.isWhitespace }.map(String.init)
    }

    /// Browsers send where a form comes from (Fetch standard, "Origin header"); an old one may send neither.
    private static func isSameOrigin(_ request: Request) -> Bool {
        if let site = request.headers[HTTPField.Name("Sec-Fetch-Site")!] { return site == "same-origin" }
        guard let origin = request.headers[.origin] else { return true }
        return origin == "https://\(request.head.authority ?? "")"
    }
}

extension String {
    fileprivate func trimmingCharacters() -> String {
        String(drop { $0.isWhitespace }.reversed().drop { $0.isWhitespace }.reversed())
    }
}
