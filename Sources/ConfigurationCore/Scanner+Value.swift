/// Values: strings, integers, booleans and lists of strings.
extension Scanner {
    mutating func value() throws(ConfigurationError) -> Document.Value {
        switch peek {
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "["): return .strings(try strings())
        case UInt8(ascii: "'"): throw failure("use double quotes around a string")
        case UInt8(ascii: "{"): throw failure("inline tables are not used here; write a [section]")
        case .some(let byte) where Scanner.isKeyByte(byte) || byte == UInt8(ascii: "+"): return try word()
        default: throw failure("expected a value: a \"string\", a number, true, false or a list of strings")
        }
    }

    private mutating func word() throws(ConfigurationError) -> Document.Value {
        let start = self
        let first = index
        while let byte = peek, Scanner.isKeyByte(byte) || byte == UInt8(ascii: "+") || byte == UInt8(ascii: ".") {
            advance()
            guard index - first <= Document.Limit.keyBytes else { throw start.failure("this value is too long") }
        }
        let text = String(decoding: bytes[first..<index], as: UTF8.self)
        switch text {
        case "true": return .boolean(true)
        case "false": return .boolean(false)
        default: break
        }
        guard let number = Self.integer(text) else {
            throw start.failure("'\(text)' is not a value: a text needs double quotes, a number is decimal and whole")
        }
        return .integer(number)
    }

    /// Decimal, a sign allowed, single underscores between digits, no leading zeros; nil also when it does not fit.
    static func integer(_ text: String) -> Int? {
        var digits = Substring(text)
        if digits.hasPrefix("+") || digits.hasPrefix("-") { digits = digits.dropFirst() }
        let groups = digits.split(separator: "_", omittingEmptySubsequences: false)
        guard groups.allSatisfy({ !$0.isEmpty && $0.utf8.allSatisfy { (48...57).contains($0) } }) else { return nil }
        let joined = groups.joined()
        guard joined == "0" || !joined.hasPrefix("0") else { return nil }
        return Int((text.hasPrefix("-") ? "-" : "") + joined)
    }

    private mutating func strings() throws(ConfigurationError) -> [String] {
        advance()
        var items: [String] = []
        while true {
            try skipBlankLines()
            if take(UInt8(ascii: "]")) { return items }
            guard peek == UInt8(ascii: "\"") else {
                throw failure("expected a \"string\" or ']' in the list")
            }
            guard items.count < Document.Limit.listItems else {
                throw ConfigurationError(
                    .tooLarge("the list has more than \(Document.Limit.listItems) items"), position: position)
            }
            items.append(try string())
            try skipBlankLines()
            if take(UInt8(ascii: "]")) { return items }
            guard take(UInt8(ascii: ",")) else { throw failure("expected ',' or ']' after the list's item") }
        }
    }

    private mutating func string() throws(ConfigurationError) -> String {
        let start = self
        advance()
        if peek == UInt8(ascii: "\""), index + 1 < bytes.count, bytes[index + 1] == UInt8(ascii: "\"") {
            throw start.failure("strings over several lines are not used here")
        }
        var content: [UInt8] = []
        while let byte = peek {
            guard content.count <= Document.Limit.stringBytes else {
                throw ConfigurationError(
                    .tooLarge("the string is longer than \(Document.Limit.stringBytes) bytes"),
                    position: start.position)
            }
            switch byte {
            case UInt8(ascii: "\""):
                advance()
                return String(decoding: content, as: UTF8.self)
            case UInt8(ascii: "\\"): content += try escape()
            case UInt8(ascii: "\n"), UInt8(ascii: "\r"): throw start.failure("the string has no closing quote")
            case _ where Scanner.isControl(byte): throw failure("a string holds a control character")
            default:
                content.append(byte)
                advance()
            }
        }
        throw start.failure("the string has no closing quote")
    }

    private mutating func escape() throws(ConfigurationError) -> [UInt8] {
        let start = self
        advance()
        guard let byte = peek else { throw start.failure("the string has no closing quote") }
        advance()
        switch byte {
        case UInt8(ascii: "b"): return [0x08]
        case UInt8(ascii: "t"): return [0x09]
        case UInt8(ascii: "n"): return [0x0A]
        case UInt8(ascii: "f"): return [0x0C]
        case UInt8(ascii: "r"): return [0x0D]
        case UInt8(ascii: "\""), UInt8(ascii: "\\"): return [byte]
        case UInt8(ascii: "u"): return try scalar(digits: 4, start: start)
        case UInt8(ascii: "U"): return try scalar(digits: 8, start: start)
        default: throw start.failure("unknown escape; use \\b \\t \\n \\f \\r \\\" \\\\ \\uXXXX or \\UXXXXXXXX")
        }
    }

    private mutating func scalar(digits: Int, start: Scanner) throws(ConfigurationError) -> [UInt8] {
        var code: UInt32 = 0
        for _ in 0..<digits {
            guard let byte = peek, let digit = Character(UnicodeScalar(byte)).hexDigitValue, byte < 0x80 else {
                throw start.failure("the escape needs \(digits) hexadecimal digits")
            }
            code = code << 4 | UInt32(digit)
            advance()
        }
        guard let scalar = UnicodeScalar(code), code != 0 else {
            throw start.failure("the escape is not a character")
        }
        return Array(String(scalar).utf8)
    }
}
