import Testing

@testable import ConfigurationCore

@Suite struct DocumentParserTests {
    private func failure(_ text: String) -> ConfigurationError? {
        do {
            _ = try DocumentParser.parse(text)
            return nil
        } catch { return error }
    }

    @Test func readsEveryKindOfValue() throws {
        let text = """
            # a comment
            [one]   # behind a header
            text = "a \\"quoted\\" \\t tab, \\u00e9 and \\U0001F6A2"
            number = -1_234
            flag = true
            list = [ "a", # first
              "b",
            ]

            [two]
            other = false\r\n
            """
        let document = try DocumentParser.parse(text)
        #expect(document.sections.map(\.name) == ["one", "two"])
        let values = document.sections[0].entries.map(\.value)
        #expect(
            values == [
                .string("a \"quoted\" \t tab, é and 🚢"), .integer(-1234), .boolean(true), .strings(["a", "b"]),
            ])
        #expect(document.sections[1].entries.map(\.value) == [.boolean(false)])
    }

    @Test func emptyTextIsAnEmptyDocument() throws {
        #expect(try DocumentParser.parse("").sections.isEmpty)
        #expect(try DocumentParser.parse(" \n\t# only a comment").sections.isEmpty)
    }

    @Test func namesThePlaceOfADuplicate() {
        #expect(
            failure("[a]\nk = 1\n  k = 2")
                == ConfigurationError(
                    .duplicateKey(firstLine: 2), field: "a.k", position: .init(line: 3, column: 3)))
        #expect(
            failure("[a]\n[b]\n[a]")
                == ConfigurationError(
                    .duplicateSection(firstLine: 1), field: "a", position: .init(line: 3, column: 1)))
    }

    @Test func countsColumnsInCharacters() {
        #expect(failure("[a]\nk = \"é\" x")?.position == .init(line: 2, column: 9))
    }

    @Test(arguments: [
        ("[a", "expected ']' after the section name"),
        ("[[a]]", "lists of sections are not used here"),
        ("[a.b]", "section names have no dots"),
        ("[]", "expected a section name of letters, digits, '-' and '_'"),
        ("a.b = 1", "keys have no dots; use a [section]"),
        ("key", "expected '=' after the key 'key'"),
        ("\"key\" = 1", "expected a key of letters, digits, '-' and '_'"),
        ("k =", "expected a value: a \"string\", a number, true, false or a list of strings"),
        ("k = 'text'", "use double quotes around a string"),
        ("k = {}", "inline tables are not used here; write a [section]"),
        ("k = eth0", "'eth0' is not a value: a text needs double quotes, a number is decimal and whole"),
        ("k = 1.5", "'1.5' is not a value: a text needs double quotes, a number is decimal and whole"),
        ("k = 007", "'007' is not a value: a text needs double quotes, a number is decimal and whole"),
        ("k = 1__0", "'1__0' is not a value: a text needs double quotes, a number is decimal and whole"),
        (
            "k = 99999999999999999999",
            "'99999999999999999999' is not a value: a text needs double quotes, a number is decimal and whole"
        ),
        ("k = \"text", "the string has no closing quote"),
        ("k = \"text\n\"", "the string has no closing quote"),
        ("k = \"\"\"text\"\"\"", "strings over several lines are not used here"),
        ("k = \"\\x\"", "unknown escape; use \\b \\t \\n \\f \\r \\\" \\\\ \\uXXXX or \\UXXXXXXXX"),
        ("k = \"\\u12\"", "the escape needs 4 hexadecimal digits"),
        ("k = \"\\uD800\"", "the escape is not a character"),
        ("k = \"\u{1}\"", "a string holds a control character"),
        ("# \u{1}", "a comment holds a control character"),
        ("k = [1]", "expected a \"string\" or ']' in the list"),
        ("k = [\"a\" \"b\"]", "expected ',' or ']' after the list's item"),
        ("k = [\"a\"", "expected ',' or ']' after the list's item"),
        ("k = 1 2", "expected the end of the line"),
        ("\r", "a carriage return stands without a line feed"),
    ])
    func refusesWithOneSentence(text: String, sentence: String) {
        #expect(failure(text)?.problem == .syntax(sentence))
        #expect(failure(text)?.position != nil)
    }

    @Test func limitsSizes() {
        let long = String(repeating: "a", count: 5_000)
        #expect(failure("k = \"\(long)\"")?.problem == .tooLarge("the string is longer than 4096 bytes"))
        #expect(
            failure("# " + String(repeating: "a", count: 65_536))?.problem
                == .tooLarge("the text is longer than 65536 bytes"))
        #expect(failure("\(long) = 1")?.problem == .syntax("a key is longer than 64 characters"))
        let items = Array(repeating: "\"a\"", count: 65).joined(separator: ",")
        #expect(failure("k = [\(items)]")?.problem == .tooLarge("the list has more than 64 items"))
        let keys = (0..<257).map { "k\($0) = 1" }.joined(separator: "\n")
        #expect(failure(keys)?.problem == .tooLarge("there are more than 256 keys"))
        let sections = (0..<33).map { "[s\($0)]" }.joined(separator: "\n")
        #expect(failure(sections)?.problem == .tooLarge("there are more than 32 sections"))
    }
}
