import HTTPTypes
import Hummingbird
import Mustache
import NIOCore
import Texts

/// What a template is filled with.
typealias Fields = [String: any Sendable]

/// The templates in every language: `[[key]]` in a template is the catalogue's text, put in once at the start;
/// `{{name}}` is a value of the page, escaped.
struct Renderer: Sendable {
    private let libraries: [Language: MustacheLibrary]

    /// - Throws: when a template is not well-formed or names a text that the catalogue does not have: a mistake in the
    ///   program, found by its tests.
    init() throws {
        var libraries: [Language: MustacheLibrary] = [:]
        for language in Language.allCases {
            var templates: [String: MustacheTemplate] = [:]
            for (name, bytes) in Templates.all {
                let source = try Self.translated(String(decoding: bytes, as: UTF8.self), language)
                templates[name] = try MustacheTemplate(string: source)
            }
            libraries[language] = MustacheLibrary(templates: templates)
        }
        self.libraries = libraries
    }

    /// - Precondition: the template exists.
    func render(_ template: String, _ fields: Fields, _ language: Language) -> String {
        guard let text = libraries[language]?.render(Self.shown(fields), withTemplate: template) else {
            preconditionFailure("there is no template '\(template)'")
        }
        return text
    }

    /// An empty text opens no section, as in other mustaches; swift-mustache would open it.
    private struct NoText: MustacheCustomRenderable, Sendable {
        var renderText: String { "" }
        var isNull: Bool { true }
    }

    private static func shown(_ fields: Fields) -> Fields { fields.mapValues(shown) }

    private static func shown(_ value: any Sendable) -> any Sendable {
        switch value {
        case let text as String: text.isEmpty ? NoText() : text
        case let fields as Fields: shown(fields)
        case let list as [Fields]: list.map { shown($0) as Fields }
        default: value
        }
    }

    struct UnknownText: Error, CustomStringConvertible {
        let key: String
        var description: String { "a template names the text '\(key)', which is not in the catalogue" }
    }

    static func translated(_ source: String, _ language: Language) throws -> String {
        var result = ""
        var rest = Substring(source)
        while let open = rest.firstRange(of: "[["), let close = rest[open.upperBound...].firstRange(of: "]]") {
            result += rest[..<open.lowerBound]
            let key = String(rest[open.upperBound..<close.lowerBound])
            guard let text = Catalogue.template(key, language) else { throw UnknownText(key: key) }
            result += HTML.escaped(text)
            rest = rest[close.upperBound...]
        }
        return result + rest
    }
}

enum HTML {
    static func escaped(_ text: String) -> String {
        var result = ""
        for character in text {
            switch character {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            case "'": result += "&#39;"
            default: result.append(character)
            }
        }
        return result
    }

    static func response(_ text: String, status: HTTPResponse.Status = .ok) -> Response {
        Response(
            status: status, headers: [.contentType: "text/html; charset=utf-8"],
            body: ResponseBody(byteBuffer: ByteBuffer(string: text)))
    }

    /// After a change: the page is fetched anew, and a reload does not repeat the change (RFC 9110, 15.4.4).
    static func redirect(_ path: String) -> Response {
        Response(status: .seeOther, headers: [.location: path])
    }
}
