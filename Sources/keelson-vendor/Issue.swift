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
    @Option(
        help: "Bind to the machines of this license request; may be repeated; without: any machine may use it.",
        completion: .file())
    var bind: [String] = []

    func run() throws {
        let now = Timestamp(milliseconds: Int64(Date().timeIntervalSince1970 * 1_000))
        let license = License(
            id: id, customer: customer, kind: kind, issued: now, validFrom: from ?? now, expires: expires,
            graceDays: graceDays, limits: .init(nodes: nodes, hosts: hosts, tebibytes: tebibytes), features: feature,
            binding: try Self.machines(bind))
        try license.validate()
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let file = try LicenseFile(Array(encoder.encode(license)), signedBy: KeyFile.read(key))
        // Nobody could read a longer one.
        guard file.text.utf8.count <= LicenseFile.longest else { throw LicenseProblem.tooLarge }
        print(file.text, terminator: "")
    }

    /// - Throws: `VendorError` when the license would be bound to nothing.
    private static func machines(_ paths: [String]) throws -> [HardwarePrint] {
        guard !paths.isEmpty else { return [] }
        let nodes = try paths.flatMap { path in
            do { return try LicenseRequest.parse(Array(VendorError.text(of: path).utf8)).nodes } catch {
                throw VendorError("\(path): \(error)")
            }
        }
        for node in nodes where node.hardware?.canBeBound != true {
            VendorError.note("node '\(node.name)' is left out: too few parts of its machine are known")
        }
        let machines = nodes.compactMap(\.hardware).filter(\.canBeBound)
        guard !machines.isEmpty else {
            throw VendorError("no machine of \(paths.joined(separator: ", ")) can be bound to; issue without --bind")
        }
        VendorError.note("bound to \(machines.count) of \(nodes.count) nodes; \(machines.count / 2 + 1) must be there")
        return machines
    }
}

extension License.Kind: ExpressibleByArgument {}

extension Timestamp: ExpressibleByArgument {
    public init?(argument: String) { self.init(argument) }
}
