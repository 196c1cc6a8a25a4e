import APIProtocol
import ArgumentParser
import Foundation
import LicenseCore

/// `keelson-vendor issue`
struct Issue: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Signs a license and prints it.",
        discussion: "Times are as 2026-11-23T12:25:06.123Z. A limit that is not given is none.")

    @Option(help: "File with the private key.") var key: String
    @Option(help: "The license's number.") var id: String
    @Option(help: "Who may use it.") var customer: String
    @Option(help: "trial, subscription or perpetual.") var kind: License.Kind
    @Option(help: "First moment; now if not given.") var from: Timestamp?
    @Option(help: "Last moment; needed unless the license is perpetual.") var expires: Timestamp?
    @Option(help: "Days after the last moment in which all goes on as before.") var graceDays = License.usualGraceDays
    @Option(help: "Nodes.") var nodes: Int?
    @Option(help: "Protected hosts.") var hosts: Int?
    @Option(help: "Protected TiB.") var tebibytes: Int?
    @Option(help: "A feature by its name; may be repeated.") var feature: [String] = []

    func run() throws {
        let now = Timestamp(milliseconds: Int64(Date().timeIntervalSince1970 * 1_000))
        let license = License(
            id: id, customer: customer, kind: kind, issued: now, validFrom: from ?? now, expires: expires,
            graceDays: graceDays, limits: .init(nodes: nodes, hosts: hosts, tebibytes: tebibytes), features: feature)
        try license.validate()
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let file = try LicenseFile(Array(encoder.encode(license)), signedBy: KeyFile.read(key))
        print(file.text, terminator: "")
    }
}

extension License.Kind: ExpressibleByArgument {}

extension Timestamp: ExpressibleByArgument {
    public init?(argument: String) { self.init(argument) }
}
