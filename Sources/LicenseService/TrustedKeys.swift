import ConfigurationCore
import LicenseCore
import Linux

/// The keys that this validator trusts: those in the program, and those of tests where a file names them.
public struct TrustedKeys: Sendable {
    /// Names the file of test keys; goes before the configuration.
    public static let variable = "KEELSON_LICENSE_TEST_KEYS"

    public let keys: VendorKeys
    /// What the operator should know; nil: nothing.
    public let notice: String?

    /// Test keys are read in every build, so that a release can say of a license that a test key signed it; what a
    /// license signed with one counts is `acceptsTestKeys`.
    ///
    /// - Throws: `LicenseServiceError` that names the file.
    public init(
        _ configuration: NodeConfiguration, environment: String?, acceptsTestKeys: Bool = TestKeyRule.acceptsTestKeys
    ) throws(LicenseServiceError) {
        guard let path = environment ?? configuration.licenseTestKeys else {
            keys = VendorKeys(EmbeddedKeys.all, acceptsTestKeys: acceptsTestKeys)
            notice = EmbeddedKeys.all.isEmpty ? "no key of the vendor is embedded: this program reads no license" : nil
            return
        }
        keys = VendorKeys(EmbeddedKeys.all + (try Self.read(path)), acceptsTestKeys: acceptsTestKeys)
        notice =
            acceptsTestKeys
            ? "licenses that are signed with the test keys of \(path) are accepted: this is not a release"
            : "the test keys of \(path) are refused: this is a release; licenses that they signed are not accepted"
    }

    private static func read(_ path: String) throws(LicenseServiceError) -> [VendorKey] {
        do {
            guard let bytes = try DurableFile.read(path) else {
                throw LicenseServiceError("\(path): there is no such file of test keys")
            }
            return try TestKeyFile.parse(String(decoding: bytes, as: UTF8.self))
        } catch let error as LicenseServiceError {
            throw error
        } catch {
            throw LicenseServiceError("\(path): \(error)")
        }
    }
}

/// One sentence for the operator.
public struct LicenseServiceError: Error, Equatable, CustomStringConvertible {
    public let description: String

    public init(_ description: String) { self.description = description }
}
