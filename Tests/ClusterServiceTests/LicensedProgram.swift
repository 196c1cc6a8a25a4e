import Crypto
import Foundation
import Glibc
import LicenseCore
import Linux
import Primitives

@testable import ClusterService

/// The license validator as a process of its own, with test keys of this test.
final class LicensedProgram {
    let key = Curve25519.Signing.PrivateKey()
    let folder: String
    private let process = Process()

    var socket: String { folder + "/run/licensed.sock" }
    var link: LicenseLink { LicenseLink(path: socket) }

    /// - Parameter knowsKey: whether it is told of the test key.
    init(knowsKey: Bool = true) throws {
        var template = Array("/tmp/keelson-licensed-test.XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else {
            throw SystemError(operation: "make", subject: "a folder", errno: errno)
        }
        folder = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        try DurableFile.makeFolder(folder + "/run")
        let configuration = """
            [node]
            name = "n1"
            interface = "lo"
            address = "10.77.0.11/24"
            data = "\(folder)"
            run = "\(folder)/run"
            \(knowsKey ? "[license]\ntest-keys = \"\(folder)/keys\"" : "")

            """
        try write(configuration, to: "keelson.toml")
        try write(Hexadecimal.text(key.publicKey.rawRepresentation) + "\n", to: "keys")
        process.executableURL = URL(filePath: try Self.program())
        process.arguments = ["--configuration", folder + "/keelson.toml"]
        process.standardError = FileHandle.nullDevice
        try process.run()
        try waitForSocket()
    }

    deinit {
        // A stopped process sees SIGTERM only when it goes on.
        if process.isRunning {
            process.terminate()
            signal(SIGCONT)
        }
        process.waitUntilExit()
        // Nothing but this test knows the folder.
        try? FileManager.default.removeItem(atPath: folder)
    }

    /// SIGSTOP and SIGCONT: it hangs, and goes on.
    func signal(_ number: Int32) { kill(process.processIdentifier, number) }

    /// - Returns: its exit status after SIGTERM.
    func stop() -> Int32 {
        process.terminate()
        process.waitUntilExit()
        return process.terminationStatus
    }

    private func write(_ text: String, to name: String) throws {
        try DurableFile.replace("\(folder)/\(name)", with: Array(text.utf8), mode: 0o600)
    }

    private func waitForSocket() throws {
        let deadline = BootClock.now + .seconds(30)
        var none: [pollfd] = []
        while true {
            do throws(SystemError) {
                _ = try UnixSocket.connect(socket, kind: .stream)
                return
            } catch {
                guard BootClock.now < deadline else { throw error }
                try Poller.wait(&none, until: BootClock.now + .milliseconds(5))
            }
        }
    }

    /// The program beside this test's own.
    private static func program() throws -> String {
        let own = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        return own.split(separator: "/").dropLast().reduce("") { "\($0)/\($1)" } + "/keelson-licensed"
    }

    func text(_ license: License) throws -> String {
        try LicenseFile(Array(try JSONEncoder().encode(license)), signedBy: key).text
    }
}
