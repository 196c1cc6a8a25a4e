import APIProtocol
import Crypto
import Primitives

/// A license as it is sent and stored: two lines of armour around Base64 of
/// `version (1 byte) | key id (8) | length of the payload (4, big-endian) | payload | Ed25519 signature (64)`.
/// The signature is over a domain prefix and exactly the payload's bytes, so nothing is ever written anew to be checked.
public struct LicenseFile: Equatable, Sendable {
    public let key: VendorKey.ID
    /// JSON of a `License`, as the vendor wrote it.
    public let payload: [UInt8]
    public let signature: [UInt8]

    /// Bytes of the whole text.
    public static let longest = LicenseText.longest
    static let begin = "-----BEGIN KEELSON LICENSE-----"
    static let end = "-----END KEELSON LICENSE-----"
    private static let domain = Array("keelson license 1\0".utf8)
    private static let version: UInt8 = 1
    private static let headerSize = 13
    private static let signatureSize = 64
    private static let lineLength = 64

    /// Signs; only the vendor can.
    public init(_ payload: [UInt8], signedBy key: Curve25519.Signing.PrivateKey) throws {
        self.key = VendorKey.ID(key.publicKey)
        self.payload = payload
        signature = Array(try key.signature(for: Self.domain + payload))
    }

    /// Reads the armour and the frame; says nothing of the signature yet.
    ///
    /// - Throws: `tooLarge`, `notALicense`, `damaged`, `unknownVersion`.
    public init(parsing text: String) throws(LicenseProblem) {
        guard text.utf8.count <= Self.longest else { throw .tooLarge }
        // Mail programs end lines in two ways and add empty ones.
        let lines = text.split(omittingEmptySubsequences: false) { $0 == "\n" || $0 == "\r\n" }
        guard let first = lines.firstIndex(of: Self.begin[...]), let last = lines.lastIndex(of: Self.end[...]),
            first < last, (lines[..<first] + lines[(last + 1)...]).allSatisfy(\.isEmpty)
        else { throw .notALicense }
        let encoded = lines[(first + 1)..<last].flatMap(\.utf8)
        guard let bytes = Base64.decode(encoded), Self.encoded(bytes) == encoded else { throw .damaged }
        guard bytes.count >= Self.headerSize + Self.signatureSize else { throw .damaged }
        guard bytes[0] == Self.version else { throw .unknownVersion(Int(bytes[0])) }
        let length = bytes[9..<13].reduce(0) { $0 << 8 | Int($1) }
        guard bytes.count == Self.headerSize + length + Self.signatureSize else { throw .damaged }
        key = VendorKey.ID(bytes: Array(bytes[1..<9]))
        payload = Array(bytes[Self.headerSize..<(Self.headerSize + length)])
        signature = Array(bytes[(Self.headerSize + length)...])
    }

    /// With a line feed at the end.
    public var text: String {
        let length = (0..<4).reversed().map { UInt8(truncatingIfNeeded: payload.count >> ($0 * 8)) }
        let digits = Self.encoded([Self.version] + key.bytes + length + payload + signature)
        let lines = stride(from: 0, to: digits.count, by: Self.lineLength).map {
            String(decoding: digits[$0..<min($0 + Self.lineLength, digits.count)], as: UTF8.self)
        }
        return ([Self.begin] + lines + [Self.end, ""]).joined(separator: "\n")
    }

    private static func encoded(_ bytes: [UInt8]) -> [UInt8] {
        var digits: [UInt8] = []
        Base64.append(bytes, to: &digits)
        return digits
    }

    /// The license, once its signature is good.
    ///
    /// - Throws: `unknownKey`, `testKey`, `badSignature`, `badPayload` or what `License.validate` throws.
    public func license(trusting keys: VendorKeys) throws(LicenseProblem) -> License {
        let vendor = try keys.key(key)
        guard vendor.isSignature(signature, of: Self.domain + payload) else { throw .badSignature }
        let license: License
        do { license = try StrictJSON.decode(License.self, from: payload) } catch { throw .badPayload(error) }
        try license.validate()
        return license
    }
}
