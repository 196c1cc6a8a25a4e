import APIProtocol
import Foundation
import MembershipCore
import Primitives

/// A cluster of appliance nodes in a lab, made through the command line as an unattended installation does it.
public struct KeelsonCluster: Sendable {
    public let lab: Lab
    /// A file of public keys whose licenses the nodes read, in a debug build.
    let licenseTestKeys: String?
    /// Told what happens, for people.
    let report: @Sendable (String) -> Void

    public init(lab: Lab, licenseTestKeys: String? = nil, report: @escaping @Sendable (String) -> Void) {
        self.lab = lab
        self.licenseTestKeys = licenseTestKeys
        self.report = report
    }

    /// The CA certificate of the cluster, for the client.
    public var authority: String { "\(lab.nodes[0].directory)/data/identity/ca.crt" }

    /// Makes a node, switches it on and waits until its daemon can be asked.
    @discardableResult
    public func addNode(
        _ hardware: LabHardware = LabHardware(), domain: String? = nil
    ) throws(LabError) -> LabNode {
        let node = try lab.addNode(Keelson(domain: domain, licenseTestKeys: licenseTestKeys), hardware)
        try node.powerOn()
        _ = try Condition.wait(for: "the cluster daemon of \(node.name)", within: .seconds(15)) { () throws(LabError) in
            try node.api.get(SetupStatus.self, "/v1/setup")
        }
        return node
    }

    /// Founds a cluster and lets further nodes join until there are as many as wanted.
    public func grow(
        to count: Int, profile: String, on hardware: LabHardware = LabHardware()
    ) throws(LabError) {
        let first = try addNode(hardware)
        let founded = try found(with: first, profile: profile)
        report("\(first.name) has founded the cluster in \(founded)")
        while lab.nodes.count < count {
            let node = try addNode(hardware)
            let joined = try join(node)
            report("\(node.name) has joined in \(joined)")
        }
    }

    /// Founds the cluster with a node.
    /// - Returns: how long it took until the node served as master.
    @discardableResult
    public func found(with node: LabNode, profile: String = "auto") throws(LabError) -> Span {
        let answer = """
            [cluster]
            name = "lab"
            vip = ["\(LabNetwork.vip)/\(LabNetwork.prefixLength)"]
            gateway = "\(LabNetwork.gateway)"
            profile = "\(profile)"

            """
        let start = LabClock.now()
        try node.keelson(["setup", "apply", try node.write(answer, to: "setup.toml")])
        try waitForSetup(of: node)
        try waitUntilWhole(within: .seconds(30))
        return LabClock.now() - start
    }

    /// Lets a node join with a token.
    /// - Returns: how long it took from the node's request to a whole cluster with it.
    @discardableResult
    public func join(_ node: LabNode, role: LocalMembership.Role = .voter) throws(LabError) -> Span {
        let token = try createToken(role: role)
        let start = LabClock.now()
        try apply(node, token: token, role: role)
        try waitForSetup(of: node)
        try waitUntilWhole(within: .seconds(30))
        return LabClock.now() - start
    }

    /// Lets a node ask to join and approves it on the master with the code that the node shows.
    /// - Returns: how long it took from the approval to a whole cluster with the node.
    @discardableResult
    public func joinByApproval(_ node: LabNode) throws(LabError) -> Span {
        try apply(node, token: nil, role: .voter)
        let code = try digits(of: node)
        let master = try master()
        let pending = try Condition.wait(for: "\(node.name) among the waiting nodes", within: .seconds(10)) {
            () throws(LabError) in
            try master.api.get(ItemList<PendingNode>.self, "/v1/nodes/pending").items.first { $0.name == node.name }
        }
        let start = LabClock.now()
        try master.keelson(["nodes", "approve", pending.id.text, "--code", code])
        try waitForSetup(of: node)
        try waitUntilWhole(within: .seconds(30))
        return LabClock.now() - start
    }

    /// A join token, through the command line on the master.
    public func createToken(role: LocalMembership.Role = .voter) throws(LabError) -> String {
        // A machine that cannot hold its profile changes the master at first: asked again, as an installer would.
        let text = try Condition.wait(for: "a join token", within: .seconds(20)) { () throws(LabError) in
            try master().keelson(["nodes", "token", "create", "--role", role.rawValue, "-o", "json"])
        }
        do {
            return try JSONDecoder().decode(CreatedJoinToken.self, from: Data(text.utf8)).token
        } catch {
            throw LabError("The answer of 'nodes token create' is not understood: \(text)")
        }
    }

    /// Gives a node its answer file for joining.
    public func apply(_ node: LabNode, token: String?, role: LocalMembership.Role) throws(LabError) {
        let master = try master()
        let answer = """
            [join]
            master = "\(master.address)"
            role = "\(role.rawValue)"
            \(token.map { "token = \"\($0)\"" } ?? "")

            """
        try node.keelson(["setup", "apply", try node.write(answer, to: "setup.toml")])
    }

    /// Waits until the node's setup has ended well.
    /// - Throws: `LabError` with the sentence of the failure.
    public func waitForSetup(of node: LabNode) throws(LabError) {
        var shown: Set<String> = []
        let status = try Condition.wait(for: "the setup of \(node.name)", within: .seconds(60)) {
            () throws(LabError) -> SetupStatus? in
            let status = try node.api.get(SetupStatus.self, "/v1/setup")
            for phase in status.phases where phase.state == .done && shown.insert(phase.name).inserted {
                report("\(node.name): \(phase.name), \(Int(phase.milliseconds ?? 0)) ms")
            }
            return status.finished || status.failure != nil ? status : nil
        }
        if let failure = status.failure { throw LabError("The setup of \(node.name) failed: \(failure)") }
    }
}
