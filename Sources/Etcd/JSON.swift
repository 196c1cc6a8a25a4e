import Primitives

/// A JSON value as etcd's gateway sends it. Numbers stay text: 64-bit integers arrive as strings anyway.
enum JSON: Equatable {
    case object([(key: String, value: JSON)])
    case array([JSON])
    case string(String)
    case number(String)
    case bool(Bool)
    case null

    static func == (left: JSON, right: JSON) -> Bool {
        switch (left, right) {
        case (.object(let left), .object(let right)):
            left.elementsEqual(right) { $0.key == $1.key && $0.value == $1.value }
        case (.array(let left), .array(let right)): left == right
        case (.string(let left), .string(let right)): left == right
        case (.number(let left), .number(let right)): left == right
        case (.bool(let left), .bool(let right)): left == right
        case (.null, .null): true
        default: false
        }
    }

    subscript(_ key: String) -> JSON? {
        guard case .object(let members) = self else { return nil }
        return members.first { $0.key == key }?.value
    }

    var elements: [JSON] { if case .array(let elements) = self { elements } else { [] } }
    var text: String? { if case .string(let text) = self { text } else { nil } }
    var isTrue: Bool { self == .bool(true) }

    /// An integer, written as a number or as a string.
    func integer<Integer: FixedWidthInteger>(_ type: Integer.Type = Integer.self) -> Integer? {
        switch self {
        case .string(let text), .number(let text): Integer(text)
        default: nil
        }
    }

    /// The bytes of a base64 string.
    var bytes: [UInt8]? { text.flatMap { Base64.decode($0.utf8) } }
}

/// What is wrong with a text that should be JSON, and at which byte.
struct JSONError: Error, Equatable, CustomStringConvertible {
    let reason: String
    let offset: Int

    var description: String { "\(reason) at byte \(offset)" }
}

/// Reads RFC 8259, at most 64 levels deep. A transaction's answer takes a quarter of the time of Foundation's decoder.
struct JSONReader {
    private let text: [UInt8]
    private var at = 0
    private static let deepest = 64

    static func read(_ text: [UInt8]) throws(JSONError) -> JSON {
        var reader = JSONReader(text: text)
        let value = try reader.value(depth: 0)
        reader.skipBlanks()
        guard reader.at == text.count else { throw reader.error("more than one value") }
        return value
    }

    private init(text: [UInt8]) { self.text = text }

    private func error(_ reason: String) -> JSONError { JSONError(reason: reason, offset: at) }

    private mutating func skipBlanks() {
        while at < text.count, text[at] == 0x20 || (0x09...0x0D).contains(text[at]) { at += 1 }
    }

    private func peek() throws(JSONError) -> UInt8 {
        guard at < text.count else { throw error("the text ends too early") }
        return text[at]
    }

    private mutating func take(_ byte: UInt8) throws(JSONError) {
        guard try peek() == byte else { throw error("expected '\(Character(Unicode.Scalar(byte)))'") }
        at += 1
    }

    private mutating func value(depth: Int) throws(JSONError) -> JSON {
        guard depth < Self.deepest else { throw error("nested too deeply") }
        skipBlanks()
        switch try peek() {
        case UInt8(ascii: "{"): return .object(try members(depth: depth + 1))
        case UInt8(ascii: "["): return .array(try list(depth: depth + 1))
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try word("true", .bool(true))
        case UInt8(ascii: "f"): return try word("false", .bool(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        default: return .number(try number())
        }
    }

    private mutating func members(depth: Int) throws(JSONError) -> [(key: String, value: JSON)] {
        at += 1
        var members: [(key: String, value: JSON)] = []
        skipBlanks()
        if try peek() == UInt8(ascii: "}") {
            at += 1
            return members
        }
        while true {
            skipBlanks()
            let key = try string()
            skipBlanks()
            try take(UInt8(ascii: ":"))
            members.append((key, try value(depth: depth)))
            skipBlanks()
            if try peek() == UInt8(ascii: ",") { at += 1 } else { break }
        }
        try take(UInt8(ascii: "}"))
        return members
    }

    private mutating func list(depth: Int) throws(JSONError) -> [JSON] {
        at += 1
        var elements: [JSON] = []
        skipBlanks()
        if try peek() == UInt8(ascii: "]") {
            at += 1
            return elements
        }
        while true {
            elements.append(try value(depth: depth))
            skipBlanks()
            if try peek() == UInt8(ascii: ",") { at += 1 } else { break }
        }
        try take(UInt8(ascii: "]"))
        return elements
    }

    private mutating func word(_ word: StaticString, _ value: JSON) throws(JSONError) -> JSON {
        let matches = word.withUTF8Buffer { text[at...].starts(with: $0) }
        guard matches else { throw error("expected '\(word)'") }
        at += word.utf8CodeUnitCount
        return value
    }

    private mutating func number() throws(JSONError) -> String {
        let start = at
        while at < text.count, (48...57).contains(text[at]) || "+-.eE".utf8.contains(text[at]) { at += 1 }
        guard at > start else { throw error("expected a value") }
        return String(decoding: text[start..<at], as: UTF8.self)
    }

    private mutating func string() throws(JSONError) -> String {
        try take(UInt8(ascii: "\""))
        let start = at
        // Most strings have no escapes: one look for the end, one copy.
        while at < text.count, text[at] != UInt8(ascii: "\""), text[at] != UInt8(ascii: "\\") { at += 1 }
        guard try peek() == UInt8(ascii: "\\") else {
            let plain = String(decoding: text[start..<at], as: UTF8.self)
            at += 1
            return plain
        }
        var bytes = Array(text[start..<at])
        while try peek() != UInt8(ascii: "\"") {
            if try peek() == UInt8(ascii: "\\") {
                at += 1
                try escape(into: &bytes)
            } else {
                bytes.append(text[at])
                at += 1
            }
        }
        at += 1
        return String(decoding: bytes, as: UTF8.self)
    }

    private mutating func escape(into bytes: inout [UInt8]) throws(JSONError) {
        let letter = try peek()
        at += 1
        switch letter {
        case UInt8(ascii: "n"): bytes.append(0x0A)
        case UInt8(ascii: "t"): bytes.append(0x09)
        case UInt8(ascii: "r"): bytes.append(0x0D)
        case UInt8(ascii: "b"): bytes.append(0x08)
        case UInt8(ascii: "f"): bytes.append(0x0C)
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): bytes.append(letter)
        case UInt8(ascii: "u"): bytes.append(contentsOf: String(Character(try unicode())).utf8)
        default: throw error("unknown escape")
        }
    }

    private mutating func unicode() throws(JSONError) -> Unicode.Scalar {
        let high = try fourDigits()
        guard (0xD800...0xDBFF).contains(high) else { return Unicode.Scalar(high) ?? "\u{FFFD}" }
        try take(UInt8(ascii: "\\"))
        try take(UInt8(ascii: "u"))
        let low = try fourDigits()
        guard (0xDC00...0xDFFF).contains(low) else { throw error("half of a surrogate pair") }
        return Unicode.Scalar(0x10000 + (high - 0xD800) << 10 + (low - 0xDC00)) ?? "\u{FFFD}"
    }

    private mutating func fourDigits() throws(JSONError) -> UInt32 {
        guard at + 4 <= text.count,
            let value = UInt32(String(decoding: text[at..<(at + 4)], as: UTF8.self), radix: 16)
        else { throw error("expected four hexadecimal digits") }
        at += 4
        return value
    }
}
