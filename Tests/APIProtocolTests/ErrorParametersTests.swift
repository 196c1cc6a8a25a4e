import APIProtocol
import Foundation
import Testing
import Texts

/// An error whose parameters do not fill its sentence shows question marks to the user.
@Suite("Errors in the sources")
struct ErrorParametersTests {
    private static var sources: [URL] {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appendingPathComponent("Sources")
        let all = FileManager.default.enumerator(at: root, includingPropertiesForKeys: nil)?.allObjects ?? []
        return all.compactMap { $0 as? URL }.filter { $0.pathExtension == "swift" }
    }

    /// The text from an opening parenthesis to the one that closes it.
    private static func arguments(_ text: Substring) -> Substring {
        var depth = 0
        for index in text.indices {
            if text[index] == "(" { depth += 1 }
            if text[index] == ")" {
                depth -= 1
                if depth == 0 { return text[...index] }
            }
        }
        return text
    }

    /// Codes and the parameters given, where both are written out.
    static func errors(in text: String) -> [(code: String, given: Set<String>)] {
        var found: [(code: String, given: Set<String>)] = []
        var rest = text[...]
        while let start = rest.range(of: "APIError(") {
            let call = arguments(rest[rest.index(before: start.upperBound)...])
            rest = rest[start.upperBound...]
            // Parameters that come in a variable are the business of whoever made it.
            guard let code = call.firstMatch(of: /^\(\s*\.(\w+)/)?.output.1,
                !call.contains(/,\s*(?!field:)[a-zA-Z]\w*(\.\w+)*\s*\)$/)
            else { continue }
            found.append((String(code), Set(call.matches(of: /"(\w+)"\s*:/).map { String($0.output.1) })))
        }
        return found
    }

    @Test("Each gives what its sentence needs")
    func parameters() throws {
        var count = 0
        for source in Self.sources {
            for error in Self.errors(in: try String(contentsOf: source, encoding: .utf8)) {
                guard let template = Catalogue.template("error.\(error.code)", .english) else { continue }
                count += 1
                let missing = Set(Catalogue.placeholders(of: template)).subtracting(error.given).subtracting(["field"])
                #expect(missing.isEmpty, "\(source.lastPathComponent): \(error.code) without \(missing.sorted())")
            }
        }
        #expect(count > 40)
    }

    @Test("The test sees what is missing")
    func itself() {
        let found = Self.errors(in: "throw APIError(.vipInUse, field: \"a\", [\"address\": \"\\(b(c))\"])")
        #expect(found.map(\.code) == ["vipInUse"])
        #expect(found.first?.given == ["address"])
        #expect(Self.errors(in: "APIError(.vipInUse, parameters)").isEmpty)
    }
}
