import CVendorKeys
import LicenseCore

/// The vendor's public keys that are part of the program: two or more in a product, none in what a developer builds.
/// Licenses are signed with the first while the second rests, so that a lost or stolen key is replaced by a program that
/// embeds the second and a fresh one, and licenses of both are read meanwhile.
enum EmbeddedKeys {
    static let all = keys(String(cString: vendor_keys()))

    /// - Parameter list: 64 hexadecimal digits each, with commas between.
    /// - Precondition: it is such a list. The build has checked it.
    static func keys(_ list: String) -> [VendorKey] {
        list.split(separator: ",").map { text in
            guard let key = VendorKey(publicKey: text, isTest: false) else {
                preconditionFailure("'\(text)' is not a public key of 64 hexadecimal digits")
            }
            return key
        }
    }
}
