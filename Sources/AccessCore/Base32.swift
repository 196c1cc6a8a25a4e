/// RFC 4648, section 6: how authenticators take their secrets, and how recovery codes are written.
public enum Base32 {
    private static let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".utf8)

    /// - Parameter padded: with `=` up to a multiple of eight.
    public static func text(_ bytes: [UInt8], padded: Bool = false) -> String {
        var text: [UInt8] = []
        var (buffer, bits): (UInt32, UInt32) = (0, 0)
        for byte in bytes {
            buffer = buffer << 8 | UInt32(byte)
            bits += 8
            while bits >= 5 {
                bits -= 5
                text.append(digits[Int(buffer >> bits & 31)])
            }
            buffer &= (1 << bits) - 1
        }
        if bits > 0 { text.append(digits[Int(buffer << (5 - bits) & 31)]) }
        while padded, text.count % 8 != 0 { text.append(UInt8(ascii: "=")) }
        return String(decoding: text, as: UTF8.self)
    }

    /// Of either case, with or without padding.
    ///
    /// - Returns: nil for anything else, also for bits left over that are not zero.
    public static func bytes(_ text: String) -> [UInt8]? {
        var bytes: [UInt8] = []
        var (buffer, bits): (UInt32, UInt32) = (0, 0)
        let stripped = text.utf8.prefix { $0 != UInt8(ascii: "=") }
        guard text.utf8.dropFirst(stripped.count).allSatisfy({ $0 == UInt8(ascii: "=") }) else { return nil }
        for character in stripped {
            let upper = (97...122).contains(character) ? character - 32 : character
            guard let value = digits.firstIndex(of: upper) else { return nil }
            buffer = buffer << 5 | UInt32(value)
            bits += 5
            guard bits >= 8 else { continue }
            bits -= 8
            bytes.append(UInt8(buffer >> bits & 255))
            buffer &= (1 << bits) - 1
        }
        return bits < 5 && buffer == 0 ? bytes : nil
    }
}
