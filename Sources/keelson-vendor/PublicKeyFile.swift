import ArgumentParser
import Crypto
import Foundation
import LicenseCore
import Primitives

/// `keelson-vendor public-keys`
struct PublicKeys: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Checks a folder of public keys and prints them as a build of the product embeds them.")

    @Argument(help: "The folder: two public keys or more, as create-key writes them, and nothing else.")
    var folder: String

    func run() throws {
        print(try PublicKeyFile.all(in: folder).joined(separator: ","))
    }
}

/// A public key on disk: one line `keelson-license-key ID DIGITS`. The ID follows from the digits, so a damaged file is
/// found; and a private key, which is digits alone, is never taken for a public one.
enum PublicKeyFile {
    static let suffix = ".pub"
    private static let name = "keelson-license-key"
    /// One may be lost or stolen.
    private static let fewest = 2

    static func write(_ key: Curve25519.Signing.PublicKey, to path: String) throws {
        try KeyFile.create(
            path, mode: 0o644, "\(name) \(VendorKey.ID(key)) \(Hexadecimal.text(key.rawRepresentation))\n")
    }

    /// - Returns: 64 hexadecimal digits each, in the order of the files' names.
    /// - Throws: `VendorError` that names the file.
    static func all(in folder: String) throws -> [String] {
        var files: [String: String] = [:]
        let names: [String]
        do { names = try FileManager.default.contentsOfDirectory(atPath: folder).sorted() } catch {
            throw VendorError("\(folder): \(error.localizedDescription)")
        }
        let keys = try names.map { name in
            let path = "\(folder)/\(name)"
            guard name.hasSuffix(suffix) else {
                throw VendorError("\(path): only public keys belong there, files that end in '\(suffix)'")
            }
            let digits = try read(path)
            if let same = files.updateValue(path, forKey: digits) {
                throw VendorError("\(path): this is the same key as in \(same)")
            }
            return digits
        }
        guard keys.count >= fewest else {
            throw VendorError(
                "\(folder): there must be at least \(fewest) public keys, so that one can be replaced; there are "
                    + "\(keys.count)")
        }
        return keys
    }

    private static func read(_ path: String) throws -> String {
        let text = try VendorError.text(of: path)
        let words = text.split(separator: " ", omittingEmptySubsequences: false)
        guard text.last == "\n", words.count == 3, words[0] == name,
            let bytes = Hexadecimal.bytes(words[2].dropLast(), count: 32)
        else {
            throw VendorError("\(path): this is not a public key as 'keelson-vendor create-key' writes it")
        }
        let key = try Curve25519.Signing.PublicKey(rawRepresentation: bytes)
        guard words[1] == "\(VendorKey.ID(key))" else {
            throw VendorError("\(path): the key is damaged: its digits do not belong to '\(words[1])'")
        }
        return Hexadecimal.text(bytes)
    }
}
