import ConfigurationCore
import Crypto
import Foundation
import LicenseCore
import Primitives
import Testing

@testable import LicenseService

/// Test keys count in debug builds only, whatever is configured.
@Suite struct TestKeyTests {
    private let signed = Signed()
    private let path = FileManager.default.temporaryDirectory.path + "/keelson-test-keys-\(UUID())"

    private func configuration(_ file: String? = nil) -> NodeConfiguration {
        NodeConfiguration(
            name: "n1", interface: "eth0", address: Subnet("10.77.0.11/24")!, licenseTestKeys: file)
    }

    private func write(_ text: String) throws { try text.write(toFile: path, atomically: true, encoding: .utf8) }

    private var line: String { Hexadecimal.text(signed.key.publicKey.rawRepresentation) + "\n" }

    private func problem(_ keys: VendorKeys) throws -> LicenseProblem? {
        let file = try LicenseFile(parsing: try signed.text())
        do throws(LicenseProblem) {
            _ = try file.license(trusting: keys)
            return nil
        } catch {
            return error
        }
    }

    @Test func aFileOfTestKeysIsReadByConfigurationOrVariable() throws {
        try write("# of a test\n\n" + line)
        defer { unlink(path) }
        for trusted in [
            try TrustedKeys(configuration(path), environment: nil, acceptsTestKeys: true),
            try TrustedKeys(configuration("/nowhere"), environment: path, acceptsTestKeys: true),
        ] {
            #expect(try problem(trusted.keys) == nil)
            #expect(trusted.notice?.contains("this is not a release") == true)
        }
        let none = try TrustedKeys(configuration(), environment: nil, acceptsTestKeys: true)
        #expect(none.notice?.contains("no key of the vendor is embedded") == true)
        #expect(try problem(none.keys) == .unknownKey("\(VendorKey.ID(signed.key.publicKey))"))
    }

    @Test func aReleaseSaysWhyItDoesNotAcceptThem() throws {
        try write(line)
        defer { unlink(path) }
        let trusted = try TrustedKeys(configuration(path), environment: nil, acceptsTestKeys: false)
        #expect(trusted.notice?.contains("refused") == true)
        #expect(try problem(trusted.keys) == .testKey("\(VendorKey.ID(signed.key.publicKey))"))
    }

    @Test func aBadFileIsNamedWithItsLine() throws {
        try write(line + "0123\n")
        defer { unlink(path) }
        #expect(throws: LicenseServiceError("\(path): line 2 is not a public key of 64 hexadecimal digits")) {
            try TrustedKeys(configuration(path), environment: nil)
        }
        #expect(throws: LicenseServiceError("/nowhere: there is no such file of test keys")) {
            try TrustedKeys(configuration("/nowhere"), environment: nil)
        }
    }

    /// The rule itself, compiled as a release and as a debug build are: SwiftPM defines DEBUG for the latter only.
    @Test func aReleaseRefusesTestKeys() throws {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let folder = FileManager.default.temporaryDirectory.appending(path: "keelson-rule-\(UUID())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let main = folder.appending(path: "main.swift")
        try "print(TestKeyRule.acceptsTestKeys)\n".write(to: main, atomically: true, encoding: .utf8)
        let rule = root.appending(path: "Sources/LicenseCore/TestKeyRule.swift")
        for (flags, answer) in [(["-O"], "false\n"), (["-Onone", "-DDEBUG"], "true\n")] {
            let program = folder.appending(path: "rule").path
            try run(["swiftc"] + flags + [rule.path, main.path, "-o", program])
            #expect(try run([program]) == answer)
        }
        // Nothing in the manifest defines it for a release.
        let manifest = try String(contentsOf: root.appending(path: "Package.swift"), encoding: .utf8)
        #expect(!manifest.contains("DEBUG") && !manifest.contains("unsafeFlags"))
        try FileManager.default.removeItem(at: folder)
    }

    @discardableResult private func run(_ arguments: [String]) throws -> String {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = arguments
        let pipe = Pipe()
        process.standardOutput = pipe
        try process.run()
        let output = try pipe.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        #expect(process.terminationStatus == 0, "\(arguments)")
        return String(decoding: output, as: UTF8.self)
    }
}
