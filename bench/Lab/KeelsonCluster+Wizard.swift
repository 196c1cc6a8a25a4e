import APIProtocol
import Primitives

/// What the wizard needs of the nodes: a code to begin with, and others that ask to join.
extension KeelsonCluster {
    /// Lets a node ask another one for its place; it shows six digits until it is approved there.
    public func askToJoin(_ node: LabNode, at address: String) throws(LabError) {
        let answer = "[join]\nmaster = \"\(address)\"\nrole = \"voter\"\n"
        try node.keelson(["setup", "apply", try node.write(answer, to: "setup.toml")])
    }

    /// The six digits that a node shows while it waits for approval.
    public func digits(of node: LabNode) throws(LabError) -> String {
        try Condition.wait(for: "the 6-digit code of \(node.name)", within: .seconds(15)) { () throws(LabError) in
            try node.api.get(SetupStatus.self, "/v1/setup").code
        }
    }
}

extension LabNode {
    /// The code that opens the wizard, as the node's own screen shows it.
    public func setupCode() throws(LabError) -> String {
        try Condition.wait(for: "the setup code of \(name)", within: .seconds(15)) { () throws(LabError) in
            try api.get(SetupCodeAnswer.self, "/v1/setup/code").code
        }
    }
}
