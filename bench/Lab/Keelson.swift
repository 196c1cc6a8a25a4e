import Foundation
import Primitives

/// An appliance node: the supervisor, which starts everything else, and beside it the lab's tiny responder.
public struct Keelson: NodeSoftware {
    let domain: String?
    let licenseTestKeys: String?

    /// - Parameters:
    ///   - domain: the node's failure domain.
    ///   - licenseTestKeys: a file of public keys whose licenses the node reads, in a debug build.
    public init(domain: String? = nil, licenseTestKeys: String? = nil) {
        self.domain = domain
        self.licenseTestKeys = licenseTestKeys
    }

    public func boot(_ node: LabNode) throws(LabError) {
        try node.write(configuration(node), to: "keelson.toml")
        try node.start([node.program("lab"), "responder", node.name], output: "responder.log")
        try node.start(
            [node.program("keelson-supervisor"), "--configuration", "\(node.directory)/keelson.toml"],
            output: "supervisor.log")
    }

    private func configuration(_ node: LabNode) -> String {
        """
        [node]
        name = "\(node.name)"
        interface = "eth0"
        address = "\(node.address)/\(LabNetwork.prefixLength)"
        \(domain.map { "domain = \"\($0)\"" } ?? "")
        data = "\(node.directory)/data"
        run = "\(node.directory)/run"

        [programs]
        directory = "\(node.programs)"
        etcd = "/usr/bin/etcd"

        \(licenseTestKeys.map { "[license]\ntest-keys = \"\($0)\"" } ?? "")

        """
    }
}

extension LabNode {
    /// The node's cluster daemon, for questions.
    public var api: NodeAPI { NodeAPI(socket: controlSocket) }

    var controlSocket: String { "\(directory)/run/clusterd.sock" }

    /// Runs the command line against this node.
    /// - Throws: `LabError` with what it said unless its exit code is 0.
    @discardableResult
    public func keelson(_ arguments: [String], within limit: Span = .seconds(60)) throws(LabError) -> String {
        try Command.run([program("keelson")] + arguments + ["--socket", controlSocket], within: limit)
    }

    /// Runs the command line against this node, whatever it answers.
    public func attemptKeelson(
        _ arguments: [String], within limit: Span = .seconds(60)
    ) throws(LabError) -> Command.Result {
        try Command.attempt([program("keelson")] + arguments + ["--socket", controlSocket], within: limit)
    }

    /// Path of a program of this build.
    func program(_ name: String) -> String { "\(programs)/\(name)" }

    /// Writes a file into the node's folder, readable for root only.
    /// - Returns: its path.
    @discardableResult
    public func write(_ text: String, to file: String) throws(LabError) -> String {
        let path = "\(directory)/\(file)"
        let written = FileManager.default.createFile(
            atPath: path, contents: Data(text.utf8), attributes: [.posixPermissions: 0o600])
        guard written else { throw LabError("\(path) cannot be written.") }
        return path
    }
}
