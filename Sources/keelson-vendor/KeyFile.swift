import ArgumentParser
import Crypto
import Foundation
import LicenseCore
import Primitives

/// `keelson-vendor create-key`
struct CreateKey: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Makes a key pair: the private key into a new file, the public one beside it and onto the screen.")

    @Argument(help: "The file; it must not exist. Keep it off every network, and keep a copy. FILE.pub is for builds.")
    var file: String

    func run() throws {
        let key = Curve25519.Signing.PrivateKey()
        try KeyFile.write(key, to: file)
        try PublicKeyFile.write(key.publicKey, to: file + PublicKeyFile.suffix)
        print("key     \(VendorKey.ID(key.publicKey))")
        print("public  \(Hexadecimal.text(key.publicKey.rawRepresentation))")
    }
}

/// A private key on disk: 64 hexadecimal digits and a line feed, readable by its owner only.
enum KeyFile {
    static func write(_ key: Curve25519.Signing.PrivateKey, to path: String) throws {
        try create(path, mode: 0o600, "\(Hexadecimal.text(key.rawRepresentation))\n")
    }

    /// A new file; one that is there stays as it is.
    static func create(_ path: String, mode: mode_t, _ text: String) throws {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL, mode)
        guard descriptor >= 0 else { throw VendorError("\(path): \(String(cString: strerror(errno)))") }
        let file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        try file.write(contentsOf: Data(text.utf8))
        try file.synchronize()
    }

    static func read(_ path: String) throws -> Curve25519.Signing.PrivateKey {
        let text = try VendorError.text(of: path)
        guard let bytes = Hexadecimal.bytes(text.trimmingCharacters(in: .newlines), count: 32) else {
            throw VendorError("\(path): this is not a private key of 64 hexadecimal digits")
        }
        return try Curve25519.Signing.PrivateKey(rawRepresentation: bytes)
    }
}

/// One sentence for whoever runs the tool.
struct VendorError: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }

    /// A line beside the output.
    static func note(_ sentence: String) { FileHandle.standardError.write(Data("\(sentence)\n".utf8)) }

    static func text(of path: String) throws -> String {
        do { return try String(contentsOfFile: path, encoding: .utf8) } catch {
            throw VendorError("\(path): \(error.localizedDescription)")
        }
    }
}
