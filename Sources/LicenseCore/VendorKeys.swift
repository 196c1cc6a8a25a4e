import Crypto
import Primitives

/// A public key that licenses may be signed with.
public struct VendorKey: Sendable {
    /// The first 8 bytes of the SHA-256 of the raw public key.
    public struct ID: Hashable, Sendable, CustomStringConvertible {
        let bytes: [UInt8]

        init(bytes: [UInt8]) { self.bytes = bytes }

        public init(_ key: Curve25519.Signing.PublicKey) {
            bytes = Array(SHA256.hash(data: key.rawRepresentation).prefix(8))
        }

        public var description: String { Hexadecimal.text(bytes) }
    }

    public let id: ID
    /// Good in tests and on a developer's machine only.
    public let isTest: Bool
    private let key: Curve25519.Signing.PublicKey

    public init(_ key: Curve25519.Signing.PublicKey, isTest: Bool) {
        id = ID(key)
        self.isTest = isTest
        self.key = key
    }

    func isSignature(_ signature: [UInt8], of bytes: [UInt8]) -> Bool {
        key.isValidSignature(signature, for: bytes)
    }
}

/// The keys that this program trusts.
public struct VendorKeys: Sendable {
    private let keys: [VendorKey]
    private let acceptsTestKeys: Bool

    /// - Parameter acceptsTestKeys: never in a release.
    public init(_ keys: [VendorKey], acceptsTestKeys: Bool) {
        self.keys = keys
        self.acceptsTestKeys = acceptsTestKeys
    }

    func key(_ id: VendorKey.ID) throws(LicenseProblem) -> VendorKey {
        guard let key = keys.first(where: { $0.id == id }) else { throw .unknownKey("\(id)") }
        guard acceptsTestKeys || !key.isTest else { throw .testKey("\(id)") }
        return key
    }
}
