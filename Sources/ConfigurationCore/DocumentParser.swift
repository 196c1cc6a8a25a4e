/// Parser of the strict TOML subset (toml.io 1.0 without dotted and quoted keys, literal and multi-line strings,
/// floats, dates, inline tables and arrays of tables). Works on bytes; never traps on any input.
struct DocumentParser {
    typealias Position = ConfigurationError.Position

    private(set) var scanner: Scanner
    private var document = Document()
    private var keyCount = 0

    private init(_ text: String) { scanner = Scanner(Array(text.utf8)) }

    static func parse(_ text: String) throws(ConfigurationError) -> Document {
        guard text.utf8.count <= Document.Limit.textBytes else {
            throw ConfigurationError(.tooLarge("the text is longer than \(Document.Limit.textBytes) bytes"))
        }
        var parser = DocumentParser(text)
        try parser.parseLines()
        return parser.document
    }

    private mutating func parseLines() throws(ConfigurationError) {
        while true {
            try scanner.skipBlankLines()
            guard let byte = scanner.peek else { return }
            if byte == UInt8(ascii: "[") { try parseHeader() } else { try parseEntry() }
            try scanner.endLine()
        }
    }

    private mutating func parseHeader() throws(ConfigurationError) {
        let position = scanner.position
        scanner.advance()
        if scanner.peek == UInt8(ascii: "[") { throw scanner.failure("lists of sections are not used here") }
        scanner.skipSpaces()
        let name = try scanner.bareKey(what: "a section name")
        scanner.skipSpaces()
        if scanner.peek == UInt8(ascii: ".") { throw scanner.failure("section names have no dots") }
        guard scanner.take(UInt8(ascii: "]")) else { throw scanner.failure("expected ']' after the section name") }
        if let first = document.section(name) {
            throw ConfigurationError(
                .duplicateSection(firstLine: first.position.line), field: name, position: position)
        }
        guard document.sections.count < Document.Limit.sections else {
            throw ConfigurationError(
                .tooLarge("there are more than \(Document.Limit.sections) sections"), position: position)
        }
        document.sections.append(Document.Section(name: name, position: position))
    }

    private mutating func parseEntry() throws(ConfigurationError) {
        let position = scanner.position
        let key = try scanner.bareKey(what: "a key")
        scanner.skipSpaces()
        if scanner.peek == UInt8(ascii: ".") { throw scanner.failure("keys have no dots; use a [section]") }
        guard scanner.take(UInt8(ascii: "=")) else { throw scanner.failure("expected '=' after the key '\(key)'") }
        scanner.skipSpaces()
        if document.sections.isEmpty {
            document.sections.append(Document.Section(name: "", position: position))
        }
        let last = document.sections.count - 1
        let field = document.sections[last].field(key)
        if let first = document.sections[last].entries.first(where: { $0.key == key }) {
            throw ConfigurationError(.duplicateKey(firstLine: first.position.line), field: field, position: position)
        }
        keyCount += 1
        guard keyCount <= Document.Limit.keys else {
            throw ConfigurationError(.tooLarge("there are more than \(Document.Limit.keys) keys"), position: position)
        }
        let valuePosition = scanner.position
        let value = try scanner.value()
        document.sections[last].entries.append(
            Document.Entry(key: key, position: position, value: value, valuePosition: valuePosition))
    }
}
