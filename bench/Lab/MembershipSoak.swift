import APIProtocol
import MembershipCore
import Primitives

/// The whole life of a cluster's members, through the command line: growth to five, removal, replacement of a dead one.
public struct MembershipSoak {
    let cluster: KeelsonCluster

    public init(_ cluster: KeelsonCluster) { self.cluster = cluster }

    /// Reports what was done and how long it took.
    /// - Throws: `LabError` with the first step that does not hold.
    public func run() throws(LabError) {
        try cluster.grow(to: 3, profile: "auto")
        let fourth = try cluster.addNode()
        cluster.report("4th node: \(try cluster.joinByApproval(fourth))")
        try expect(voters: 3, nodes: 4)
        let fifth = try cluster.addNode()
        cluster.report("5th node: \(try cluster.joinByApproval(fifth))")
        try expect(voters: 5, nodes: 5)
        cluster.report("removal of a living node: \(try timed { () throws(LabError) in try remove(fifth) })")
        try expect(voters: 3, nodes: 4)
        cluster.report("replacement of a dead node: \(try replacement())")
        try expect(voters: 3, nodes: 4)
    }

    private func remove(_ node: LabNode) throws(LabError) {
        try cluster.master().keelson(["nodes", "remove", try identity(of: node).text])
        try node.cutPower()
    }

    /// A voter that is not master dies, and a fresh node takes its place although an older spare is there.
    private func replacement() throws(LabError) -> Span {
        let status = try cluster.status()
        let dead = try cluster.lab.node(named: try first(status) { !$0.isMaster && $0.role == .voter })
        let identity = try identity(of: dead)
        try dead.cutPower()
        let fresh = try cluster.addNode()
        try cluster.apply(fresh, token: try cluster.createToken(), role: .voter)
        try cluster.waitForSetup(of: fresh)
        try Condition.hold("the silence of \(dead.name)", within: .seconds(30)) { () throws(LabError) in
            try cluster.status().nodes.contains { $0.id == identity && $0.state == .silent }
        }
        return try timed { () throws(LabError) in
            try cluster.master().keelson(["nodes", "replace", identity.text, fresh.name])
            try Condition.hold("a vote for \(fresh.name)", within: .seconds(60)) { () throws(LabError) in
                try cluster.waitUntilWhole(within: .seconds(60)).nodes.contains {
                    $0.name == fresh.name && $0.role == .voter
                }
            }
        }
    }

    private func expect(voters: Int, nodes: Int) throws(LabError) {
        try Condition.hold("\(voters) voters among \(nodes) nodes", within: .seconds(60)) { () throws(LabError) in
            let status = try cluster.status()
            return status.nodes.count == nodes && status.etcd.members == voters
                && KeelsonCluster.problem(of: status) == nil
        }
    }

    private func identity(of node: LabNode) throws(LabError) -> NodeID {
        guard let status = try cluster.status().nodes.first(where: { $0.name == node.name }) else {
            throw LabError("\(node.name) is not a member.")
        }
        return status.id
    }

    private func first(_ status: ClusterStatus, where isMeant: (NodeStatus) -> Bool) throws(LabError) -> String {
        guard let node = status.nodes.first(where: isMeant) else { throw LabError("No member fits this step.") }
        return node.name
    }

    private func timed(_ step: () throws(LabError) -> Void) throws(LabError) -> Span {
        let start = LabClock.now()
        try step()
        return LabClock.now() - start
    }
}
