import APIProtocol
import Crypto
import Primitives

/// Codes of an authenticator: TOTP (RFC 6238) with SHA-1, 30 seconds and six digits, which every app knows.
public struct TimeCode: Equatable, Sendable {
    /// Seconds.
    public static let period: Int64 = 30
    public static let digits = 6
    /// As long as the hash (RFC 4226, section 4).
    public static let secretSize = 20

    private let secret: [UInt8]

    public init(secret: [UInt8]) { self.secret = secret }

    /// The number of the period since 1970.
    public static func step(at moment: Timestamp) -> Int64 { moment.milliseconds / 1_000 / period }

    /// RFC 4226, section 5.3.
    public func code(step: Int64, digits: Int = TimeCode.digits) -> String {
        let counter = (0..<8).reversed().map { UInt8(truncatingIfNeeded: step >> ($0 * 8)) }
        let mac = Array(HMAC<Insecure.SHA1>.authenticationCode(for: counter, using: SymmetricKey(data: secret)))
        let offset = Int(mac[19] & 15)
        let number = mac[offset..<(offset + 4)].reduce(UInt32(0)) { $0 << 8 | UInt32($1) } & 0x7FFF_FFFF
        var modulus: UInt32 = 1
        for _ in 0..<digits { modulus *= 10 }
        let text = String(number % modulus)
        return String(repeating: "0", count: digits - text.utf8.count) + text
    }

    /// One period earlier and later counts as well, for clocks that differ; a period that was used does not count again.
    ///
    /// - Parameter last: the step that was accepted last.
    /// - Returns: the step of the code; nil when it is wrong or was used.
    public func step(of code: String, at now: Timestamp, after last: Int64?) -> Int64? {
        let present = Self.step(at: now)
        var found: Int64?
        for step in (present - 1)...(present + 1) where last.map({ step > $0 }) ?? true {
            if Secret.equal(Array(self.code(step: step).utf8), Array(code.utf8)) { found = step }
        }
        return found
    }

    /// `otpauth://totp/…`, as apps read it from a QR code.
    ///
    /// - Parameters: issuer and account, for people; everything but unreserved characters is escaped (RFC 3986).
    public static func uri(secret: String, issuer: String, account: String) -> String {
        let (issuer, account) = (escaped(issuer), escaped(account))
        return "otpauth://totp/\(issuer):\(account)?secret=\(secret)&issuer=\(issuer)&algorithm=SHA1"
            + "&digits=\(digits)&period=\(period)"
    }

    private static func escaped(_ text: String) -> String {
        text.utf8.reduce(into: "") { escaped, byte in
            switch byte {
            case 48...57, 65...90, 97...122, UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "~"):
                escaped.unicodeScalars.append(Unicode.Scalar(byte))
            default: escaped += "%" + Hexadecimal.text([byte]).uppercased()
            }
        }
    }
}

/// Ten codes for the day on which the authenticator is lost; each is good once.
public enum RecoveryCodes {
    public static let count = 10
    /// Random bytes of one code: 80 bits.
    public static let size = 10

    /// - Parameter bytes: `count * size` random ones.
    /// - Returns: codes as `ABCD-EFGH-IJKL-MNOP`.
    public static func make(_ bytes: [UInt8]) -> [String] {
        precondition(bytes.count == count * size, "ten codes are made of a hundred bytes")
        return (0..<count).map { index in
            let text = Array(Base32.text(Array(bytes[(index * size)..<((index + 1) * size)])))
            return stride(from: 0, to: text.count, by: 4).map { String(text[$0..<$0 + 4]) }.joined(separator: "-")
        }
    }

    /// Written as it is kept: upper case, without hyphens and blanks.
    static func plain(_ code: String) -> String {
        String(code.uppercased().filter { $0 != "-" && $0 != " " })
    }

    public static func hash(_ code: String) -> String { Secret.hash(plain(code)) }

    /// - Returns: the hashes that are left; nil when the code is none of them.
    static func spend(_ code: String, of hashes: [String]) -> [String]? {
        let offered = Array(hash(code).utf8)
        let left = hashes.filter { !Secret.equal(Array($0.utf8), offered) }
        return left.count < hashes.count ? left : nil
    }
}
