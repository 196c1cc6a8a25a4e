/// Takes secrets out of free text. It rather removes too much: a line that names a secret loses its rest.
///
/// - Armoured blocks (PEM and licenses) but for certificates, also with escaped line ends, also without their end.
/// - Tokens: `kj1.`, `ku1.`, `ks1.` and what follows.
/// - What follows the name of a secret and a `:` or `=`: passwords, secrets, keys, cookies, Authorization.
/// - What follows `Bearer`, user names and passwords in URLs, otpauth URLs, hashes of passwords.
public enum Scrubber {
    static let mark = Array("[removed]".utf8)

    private static let names = [
        "password", "passwd", "passphrase", "secret", "authorization", "cookie", "private_key", "privatekey",
        "private-key", "api_key", "apikey", "api-key", "credentials", "recoverycode", "recovery-code", "recovery_code",
        "keelson-signature",
    ].map { Array($0.utf8) }

    public static func scrub(_ text: [UInt8]) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(text.count)
        for line in withoutArmour(text).split(separator: 10, omittingEmptySubsequences: false) {
            result += scrubbedLine(line)
            result.append(10)
        }
        result.removeLast()
        return result
    }

    // MARK: Armour

    private static let begin = Array("-----BEGIN ".utf8)
    private static let end = Array("-----END ".utf8)
    private static let dashes = Array("-----".utf8)

    private static func withoutArmour(_ text: [UInt8]) -> [UInt8] {
        var result: [UInt8] = []
        var rest = text[...]
        while let start = find(begin, in: rest) {
            let afterBegin = start + begin.count
            guard let labelEnd = find(dashes, in: rest[afterBegin...]) else { break }
            let isPublic = rest[afterBegin..<labelEnd].elementsEqual("CERTIFICATE".utf8)
            var blockEnd = rest.endIndex
            if let close = find(end, in: rest[labelEnd...]),
                let last = find(dashes, in: rest[(close + end.count)...])
            {
                blockEnd = last + dashes.count
            }
            result += rest[rest.startIndex..<start]
            result += isPublic ? Array(rest[start..<blockEnd]) : mark
            rest = rest[blockEnd...]
        }
        // A block whose first line is cut off says no more than its label.
        return result + rest
    }

    // MARK: Lines

    private static func scrubbedLine(_ line: ArraySlice<UInt8>) -> [UInt8] {
        let lower = line.map(lowered)
        let original = Array(line)
        var keep = original.count
        for name in names {
            var from = 0
            while let found = find(name, in: lower[from...]) {
                from = found + name.count
                if let value = valueStart(in: lower, after: from) {
                    keep = min(keep, value)
                    break
                }
            }
        }
        let kept = withoutTokens(original[..<keep], lower)
        return keep < original.count ? kept + mark : kept
    }

    /// Past quotes, brackets, backslashes and blanks and one `:` or `=`; nil when none follows, or nothing after it.
    private static func valueStart(in line: [UInt8], after index: Int) -> Int? {
        var index = index
        while index < line.count, [0x20, 0x09, 0x22, 0x27, 0x5C, 0x5D].contains(line[index]) { index += 1 }
        guard index < line.count, line[index] == UInt8(ascii: ":") || line[index] == UInt8(ascii: "=") else {
            return nil
        }
        return index + 1 < line.count ? index + 1 : nil
    }

    private static let tokens = ["kj1.", "ku1.", "ks1.", "bearer ", "otpauth:", "$argon2", "$scrypt", "://"].map {
        Array($0.utf8)
    }

    private static func withoutTokens(_ line: ArraySlice<UInt8>, _ lower: [UInt8]) -> [UInt8] {
        var result: [UInt8] = []
        var index = line.startIndex
        while index < line.endIndex {
            guard let token = tokens.first(where: { lower[index...].starts(with: $0) }) else {
                result.append(line[index])
                index += 1
                continue
            }
            let start = index + token.count
            var stop = start
            // Hashes of passwords (the PHC string format) have commas between their parameters.
            let isHash = token.first == UInt8(ascii: "$")
            while stop < line.endIndex, isOfToken(line[stop]) || isHash && line[stop] == UInt8(ascii: ",") { stop += 1 }
            result += line[index..<min(start, line.endIndex)]
            if token == tokens.last {
                // A URL keeps what is after the last `@` of its host.
                let host = line[start..<stop].prefix { $0 != UInt8(ascii: "/") }
                if let at = host.lastIndex(of: UInt8(ascii: "@")) {
                    result += mark
                    index = at
                } else {
                    index = start
                }
            } else {
                if stop > start { result += mark }
                index = max(stop, start)
            }
        }
        return result
    }

    /// Everything visible but quotes and what separates words of a sentence or of JSON.
    private static func isOfToken(_ byte: UInt8) -> Bool {
        byte > 0x20 && ![0x22, 0x27, 0x2C, 0x3B, 0x3C, 0x3E, 0x5C, 0x5D, 0x7D, 0x29].contains(byte)
    }

    private static func lowered(_ byte: UInt8) -> UInt8 { (65...90).contains(byte) ? byte + 32 : byte }

    private static func find(_ pattern: [UInt8], in text: ArraySlice<UInt8>) -> Int? {
        guard text.count >= pattern.count, let first = pattern.first else { return nil }
        for index in text.startIndex...(text.endIndex - pattern.count)
        where text[index] == first && text[index...].starts(with: pattern) { return index }
        return nil
    }
}
