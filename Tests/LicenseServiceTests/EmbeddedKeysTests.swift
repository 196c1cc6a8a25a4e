import Crypto
import LicenseCore
import Primitives
import Testing

@testable import LicenseService

/// The list that a build embeds. Tests/Release looks at real programs.
@Suite struct EmbeddedKeysTests {
    @Test func theListHoldsTheVendorsKeysInTheirOrder() {
        let made = (0..<2).map { _ in Curve25519.Signing.PrivateKey().publicKey }
        let list = made.map { Hexadecimal.text($0.rawRepresentation) }.joined(separator: ",")
        let keys = EmbeddedKeys.keys(list)
        #expect(keys.map(\.id) == made.map(VendorKey.ID.init))
        #expect(keys.allSatisfy { !$0.isTest })
        #expect(EmbeddedKeys.keys("").isEmpty)
    }
}
