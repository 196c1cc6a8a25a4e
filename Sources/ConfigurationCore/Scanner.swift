/// A place in the bytes of a text, and the small pieces of the grammar: blanks, comments, keys, line ends.
struct Scanner {
    let bytes: [UInt8]
    private(set) var index = 0
    private var line = 1
    private var lineStart = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    var peek: UInt8? { index < bytes.count ? bytes[index] : nil }

    var position: ConfigurationError.Position {
        // Continuation bytes of UTF-8 do not count: a column is a character.
        let column = bytes[lineStart..<index].reduce(1) { $1 & 0xC0 == 0x80 ? $0 : $0 + 1 }
        return ConfigurationError.Position(line: line, column: column)
    }

    func failure(_ sentence: String) -> ConfigurationError {
        ConfigurationError(.syntax(sentence), position: position)
    }

    mutating func advance() {
        precondition(index < bytes.count, "the scanner never passes the end")
        if bytes[index] == UInt8(ascii: "\n") {
            line += 1
            lineStart = index + 1
        }
        index += 1
    }

    mutating func take(_ byte: UInt8) -> Bool {
        guard peek == byte else { return false }
        advance()
        return true
    }

    mutating func skipSpaces() {
        while peek == UInt8(ascii: " ") || peek == UInt8(ascii: "\t") { advance() }
    }

    /// Blanks, comments and line ends up to the next sign that means something.
    mutating func skipBlankLines() throws(ConfigurationError) {
        while true {
            skipSpaces()
            try skipComment()
            guard try takeLineEnd() else { return }
        }
    }

    /// After a header or an entry nothing but a comment may follow in the line.
    mutating func endLine() throws(ConfigurationError) {
        skipSpaces()
        try skipComment()
        if peek == nil { return }
        guard try takeLineEnd() else { throw failure("expected the end of the line") }
    }

    private mutating func takeLineEnd() throws(ConfigurationError) -> Bool {
        if take(UInt8(ascii: "\n")) { return true }
        guard peek == UInt8(ascii: "\r") else { return false }
        guard index + 1 < bytes.count, bytes[index + 1] == UInt8(ascii: "\n") else {
            throw failure("a carriage return stands without a line feed")
        }
        advance()
        advance()
        return true
    }

    private mutating func skipComment() throws(ConfigurationError) {
        guard peek == UInt8(ascii: "#") else { return }
        while let byte = peek, byte != UInt8(ascii: "\n") {
            if byte == UInt8(ascii: "\r") { return }
            guard !Self.isControl(byte) else { throw failure("a comment holds a control character") }
            advance()
        }
    }

    mutating func bareKey(what: String) throws(ConfigurationError) -> String {
        let start = index
        while let byte = peek, Self.isKeyByte(byte) {
            advance()
            guard index - start <= Document.Limit.keyBytes else {
                throw failure("\(what) is longer than \(Document.Limit.keyBytes) characters")
            }
        }
        guard index > start else { throw failure("expected \(what) of letters, digits, '-' and '_'") }
        return String(decoding: bytes[start..<index], as: UTF8.self)
    }

    static func isKeyByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
            true
        default: false
        }
    }

    /// What TOML allows in no string and no comment (a tab is allowed).
    static func isControl(_ byte: UInt8) -> Bool { (byte < 0x20 && byte != 0x09) || byte == 0x7F }
}
