/// The code on a fresh node's own console: 8 symbols of Crockford's base 32, which has no I, L, O and U, written as
/// `XXXX-XXXX`. 40 bits.
public struct SetupCode: Hashable, Sendable {
    /// D. Crockford, "Base 32", https://www.crockford.com/base32.html
    static let alphabet = Array("0123456789ABCDEFGHJKMNPQRSTVWXYZ".utf8)
    static let length = 8

    /// Each 0 to 31.
    let symbols: [UInt8]

    /// - Parameter random: a source fit for secrets: outside of tests, the operating system's.
    public init(random: inout some RandomNumberGenerator) {
        symbols = (0..<Self.length).map { _ in UInt8.random(in: 0...31, using: &random) }
    }

    /// Takes the same time for every wrong code.
    public func matches(_ other: SetupCode) -> Bool {
        zip(symbols, other.symbols).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
    }
}

extension SetupCode: LosslessStringConvertible {
    /// Upper or lower case, hyphens and blanks where people put them; O is read as 0, I and L as 1.
    /// - Returns: nil unless exactly 8 symbols are left.
    public init?(_ text: String) {
        var symbols: [UInt8] = []
        for byte in text.utf8 where byte != UInt8(ascii: "-") && byte != UInt8(ascii: " ") {
            guard symbols.count < Self.length, let value = Self.value(byte) else { return nil }
            symbols.append(value)
        }
        guard symbols.count == Self.length else { return nil }
        self.symbols = symbols
    }

    /// `XXXX-XXXX`.
    public var description: String {
        let text = symbols.map { Self.alphabet[Int($0)] }
        return String(decoding: text[..<4] + [UInt8(ascii: "-")] + text[4...], as: UTF8.self)
    }

    private static func value(_ byte: UInt8) -> UInt8? {
        let upper = (97...122).contains(byte) ? byte - 32 : byte
        switch upper {
        case UInt8(ascii: "O"): return 0
        case UInt8(ascii: "I"), UInt8(ascii: "L"): return 1
        default: return alphabet.firstIndex(of: upper).map(UInt8.init)
        }
    }
}

extension SetupCode: Codable {
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let code = SetupCode(try container.decode(String.self)) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "this is no setup code")
        }
        self = code
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}

/// The code with its tries: after ten wrong ones there is a new code.
public struct SetupCodeLock: Codable, Equatable, Sendable {
    public enum Outcome: Equatable, Sendable {
        case right
        case wrong(triesLeft: Int)
        /// That was the last try: the code is a new one now.
        case renewed
    }

    public static let tries = 10

    public private(set) var code: SetupCode
    public private(set) var triesLeft = Self.tries

    public init(random: inout some RandomNumberGenerator) { code = SetupCode(random: &random) }

    /// A right code gives the tries back; what is no code at all costs one as well.
    public mutating func enter(_ text: String, random: inout some RandomNumberGenerator) -> Outcome {
        if let offered = SetupCode(text), code.matches(offered) {
            triesLeft = Self.tries
            return .right
        }
        triesLeft -= 1
        guard triesLeft <= 0 else { return .wrong(triesLeft: triesLeft) }
        self = SetupCodeLock(random: &random)
        return .renewed
    }
}
