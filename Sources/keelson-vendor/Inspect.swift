import ArgumentParser
import Foundation
import LicenseCore

/// `keelson-vendor inspect`
struct Inspect: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Checks a license's signature and prints what it says as JSON.")

    @Option(name: .customLong("public"), help: "A public key, 64 hexadecimal digits; may be repeated.")
    var publicKeys: [String]
    @Argument(help: "The license.") var file: String

    func run() throws {
        let keys = try publicKeys.map { text in
            guard let key = VendorKey(publicKey: text, isTest: false) else {
                throw VendorError("'\(text)' is not a public key of 64 hexadecimal digits")
            }
            return key
        }
        let license = try LicenseFile(parsing: VendorError.text(of: file))
            .license(trusting: VendorKeys(keys, acceptsTestKeys: false))
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
        print(String(decoding: try encoder.encode(license), as: UTF8.self))
    }
}
