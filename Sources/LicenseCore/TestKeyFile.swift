import Crypto
import Primitives

/// Keys of tests: a file with a public key of 64 hexadecimal digits on each line. Empty lines and lines that begin with
/// `#` are skipped.
public enum TestKeyFile {
    /// - Throws: `MalformedKeyFile` with the line.
    public static func parse(_ text: String) throws(MalformedKeyFile) -> [VendorKey] {
        var keys: [VendorKey] = []
        for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            guard !line.isEmpty, !line.hasPrefix("#") else { continue }
            guard let key = VendorKey(publicKey: line, isTest: true) else { throw MalformedKeyFile(line: index + 1) }
            keys.append(key)
        }
        return keys
    }
}

/// A line that is not a public key.
public struct MalformedKeyFile: Error, Equatable, CustomStringConvertible {
    /// Counted from 1.
    public let line: Int

    public var description: String { "line \(line) is not a public key of 64 hexadecimal digits" }
}

extension VendorKey {
    /// - Returns: nil unless the text is 64 hexadecimal digits.
    public init?(publicKey text: some StringProtocol, isTest: Bool) {
        guard let bytes = Hexadecimal.bytes(text, count: 32) else { return nil }
        do { self.init(try Curve25519.Signing.PublicKey(rawRepresentation: bytes), isTest: isTest) } catch {
            return nil  // CryptoKit's only reason is the length.
        }
    }
}
