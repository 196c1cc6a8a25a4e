import APIProtocol
import Crypto
import Foundation
import LicenseCore
import Testing

/// The vendor's tool as a process, from a new key to a license that is read.
@Suite final class VendorTests {
    private let folder: String

    init() throws {
        folder = FileManager.default.temporaryDirectory.path + "/keelson-vendor-\(UUID())"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    }

    deinit {
        // Nothing but this test knows the folder.
        try? FileManager.default.removeItem(atPath: folder)
    }

    private struct Outcome {
        let status: Int32
        let output: String
        let errors: String
    }

    private func run(_ arguments: String...) throws -> Outcome { try run(arguments) }

    private func run(_ arguments: [String]) throws -> Outcome {
        let own = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        let process = Process()
        process.executableURL = URL(filePath: own).deletingLastPathComponent().appending(path: "keelson-vendor")
        process.arguments = arguments
        // Into files: a full pipe would stop it.
        let files = ["output", "errors"].map { "\(folder)/\($0)" }
        for file in files { #expect(FileManager.default.createFile(atPath: file, contents: nil)) }
        process.standardOutput = try FileHandle(forWritingTo: URL(filePath: files[0]))
        process.standardError = try FileHandle(forWritingTo: URL(filePath: files[1]))
        try process.run()
        process.waitUntilExit()
        let texts = try files.map { try String(contentsOfFile: $0, encoding: .utf8) }
        return Outcome(status: process.terminationStatus, output: texts[0], errors: texts[1])
    }

    /// - Returns: the public key's digits.
    private func createKey(_ name: String = "key") throws -> String {
        let made = try run("create-key", "\(folder)/\(name)")
        #expect(made.status == 0)
        return String(try #require(made.output.firstMatch(of: /public +([0-9a-f]{64})/)?.output.1))
    }

    private func issue(_ more: String...) throws -> Outcome {
        try run(["issue", "--key", "\(folder)/key", "--id", "L-1", "--customer", "Ærø Hafen"] + more)
    }

    private func write(_ text: String, to name: String) throws -> String {
        let path = "\(folder)/\(name)"
        try text.write(toFile: path, atomically: true, encoding: .utf8)
        return path
    }

    private func keys(_ digits: String) throws -> VendorKeys {
        VendorKeys(try TestKeyFile.parse(digits), acceptsTestKeys: true)
    }

    @Test func aKeyIsMadeOnceAndIsItsOwnersOnly() throws {
        let digits = try createKey()
        let path = "\(folder)/key"
        let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
        #expect(mode == 0o600)
        let secret = try String(contentsOfFile: path, encoding: .utf8)
        #expect(secret.firstMatch(of: /^[0-9a-f]{64}\n$/) != nil && !secret.contains(digits))
        let again = try run("create-key", path)
        #expect(again.status != 0 && again.errors.contains("File exists"))
        #expect(try String(contentsOfFile: path, encoding: .utf8) == secret)
    }

    @Test func publicKeysAreForBuilds() throws {
        let builds = "\(folder)/public"
        try FileManager.default.createDirectory(atPath: builds, withIntermediateDirectories: true)
        let digits = try ["one", "two"].map { name in
            let digits = try createKey(name)
            try FileManager.default.moveItem(atPath: "\(folder)/\(name).pub", toPath: "\(builds)/\(name).pub")
            return digits
        }
        let listed = try run("public-keys", builds)
        #expect(listed.status == 0 && listed.output == digits.joined(separator: ",") + "\n")
        // A private key that is put among them is refused, whatever its file is called.
        let secret = try String(contentsOfFile: "\(folder)/one", encoding: .utf8)
        _ = try write(secret, to: "public/three.pub")
        let refused = try run("public-keys", builds)
        #expect(refused.status != 0 && refused.output.isEmpty)
        #expect(refused.errors.contains("three.pub: this is not a public key") && !refused.errors.contains(secret))
    }

    @Test func aLicenseIsIssuedAndRead() throws {
        let digits = try createKey()
        let issued = try issue(
            "--kind", "subscription", "--from", "2026-11-01T00:00:00.000Z", "--expires", "2027-11-01T00:00:00.000Z",
            "--nodes", "3", "--hosts", "20", "--tebibytes", "100", "--feature", "oracle", "--grace-days", "14")
        #expect(issued.status == 0 && issued.errors.isEmpty)
        let license = try LicenseFile(parsing: issued.output).license(trusting: keys(digits))
        #expect((license.id, license.customer, license.kind) == ("L-1", "Ærø Hafen", .subscription))
        #expect(license.expires == Timestamp("2027-11-01T00:00:00.000Z") && license.graceDays == 14)
        #expect(license.limits == .init(nodes: 3, hosts: 20, tebibytes: 100))
        #expect(license.features == ["oracle"] && license.binding.isEmpty)
    }

    @Test func inspectTrustsTheKeysThatItIsGiven() throws {
        let digits = try createKey()
        let other = try createKey("other")
        let file = try write(try issue("--kind", "perpetual").output, to: "a.license")
        let inspected = try run("inspect", "--public", other, "--public", digits, file)
        #expect(inspected.status == 0)
        #expect(inspected.output.contains("\"customer\" : \"Ærø Hafen\""))
        let strange = try run("inspect", "--public", other, file)
        #expect(strange.status != 0 && strange.errors.contains("does not know"))
        let bad = try run("inspect", "--public", "0123", file)
        #expect(bad.status != 0 && bad.errors.contains("'0123' is not a public key"))
    }

    @Test(arguments: [
        (["--kind", "subscription"], "expires"), (["--kind", "perpetual", "--nodes", "0"], "limits.nodes"),
        (["--kind", "perpetual", "--expires", "2027-11-01T00:00:00.000Z"], "expires"),
        (
            ["--kind", "trial", "--from", "2027-11-01T00:00:00.000Z", "--expires", "2026-11-01T00:00:00.000Z"],
            "validFrom"
        ),
        (["--kind", "perpetual", "--grace-days", "9999"], "graceDays"),
    ])
    func whatNoLicenseMaySayIsNotSigned(options: [String], field: String) throws {
        _ = try createKey()
        let outcome = try run(
            ["issue", "--key", "\(folder)/key", "--id", "L-1", "--customer", "A"] + options)
        #expect(outcome.status != 0 && outcome.output.isEmpty)
        #expect(outcome.errors.contains(field), "\(outcome.errors)")
    }

    // MARK: binding

    private func request(_ machines: [HardwarePrint?], _ file: String = "request") throws -> String {
        let nodes = machines.enumerated().map { LicenseRequest.Node(name: "n\($0 + 1)", hardware: $1) }
        let request = LicenseRequest(
            cluster: "demo", nodes: nodes, version: "0.1.0", at: Timestamp(milliseconds: 0), license: nil)
        return try write(String(decoding: JSONEncoder().encode(request), as: UTF8.self), to: file)
    }

    private static func machine(_ number: Int) -> HardwarePrint {
        HardwarePrint(hashing: (0..<4).map { "\(number)-\($0)" })
    }

    @Test func aLicenseIsBoundToTheMachinesOfARequest() throws {
        let digits = try createKey()
        let bare = HardwarePrint(hashing: [nil, nil, "m", nil])
        let issued = try issue(
            "--kind", "perpetual", "--bind", try request([Self.machine(1), bare, Self.machine(3), nil]))
        #expect(issued.status == 0)
        #expect(
            issued.errors == """
                node 'n2' is left out: too few parts of its machine are known
                node 'n4' is left out: too few parts of its machine are known
                bound to 2 of 4 nodes; 2 must be there

                """)
        let license = try LicenseFile(parsing: issued.output).license(trusting: keys(digits))
        #expect(license.binding == [Self.machine(1), Self.machine(3)])
    }

    @Test func machinesOfSeveralRequestsAreOneLicense() throws {
        let digits = try createKey()
        let issued = try issue(
            "--kind", "perpetual", "--bind", try request([Self.machine(1)], "a"), "--bind",
            try request([Self.machine(2), Self.machine(3)], "b"))
        let license = try LicenseFile(parsing: issued.output).license(trusting: keys(digits))
        #expect(license.binding == (1...3).map(Self.machine))
    }

    @Test func aRequestThatBindsNothingIsRefused() throws {
        _ = try createKey()
        let none = try issue("--kind", "perpetual", "--bind", try request([nil]))
        #expect(none.status != 0 && none.output.isEmpty && none.errors.contains("issue without --bind"))
        let broken = try issue("--kind", "perpetual", "--bind", try write("{}", to: "request"))
        #expect(broken.status != 0 && broken.errors.contains("This is not a license request"))
        let missing = try issue("--kind", "perpetual", "--bind", "\(folder)/nothing")
        #expect(missing.status != 0 && missing.output.isEmpty)
    }

    @Test func aLicenseThatNobodyCouldReadIsNotIssued() throws {
        _ = try createKey()
        let large = try issue("--kind", "perpetual", "--bind", try request((1...300).map(Self.machine)))
        #expect(large.status != 0 && large.output.isEmpty && large.errors.contains("64 KiB"))
    }
}
