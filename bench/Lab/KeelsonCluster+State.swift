import APIProtocol
import MembershipCore
import Primitives

extension KeelsonCluster {
    /// The cluster as one node sees it.
    public func status(of node: LabNode) throws(LabError) -> ClusterStatus {
        try node.api.get(ClusterStatus.self, "/v1/status")
    }

    /// The node that says of itself that it is the master.
    /// - Throws: `LabError` when none or more than one does.
    public func master() throws(LabError) -> LabNode {
        var masters: [LabNode] = []
        for node in lab.nodes {
            do {
                if try node.api.get(MasterAnswer.self, "/v1/master", within: .milliseconds(500)).isSelf {
                    masters.append(node)
                }
            } catch {
                continue  // Off, stopped or starting: not the master's answer.
            }
        }
        guard masters.count == 1 else {
            throw LabError("\(masters.count) nodes say that they are the master: \(masters.map(\.name)).")
        }
        return masters[0]
    }

    /// The master's view, which is the complete one.
    public func status() throws(LabError) -> ClusterStatus { try status(of: master()) }

    /// Waits until one master holds the address, all of its nodes are online, etcd is healthy on all voters and they
    /// all reach each other.
    @discardableResult
    public func waitUntilWhole(within limit: Span) throws(LabError) -> ClusterStatus {
        try Condition.wait(for: "a whole cluster", within: limit) { () throws(LabError) -> ClusterStatus? in
            let status = try status()
            if let problem = Self.problem(of: status) { throw LabError(problem) }
            for node in lab.nodes where try node.hasBacklog(to: status.nodes.map(\.address)) {
                throw LabError("etcd on \(node.name) does not reach its peers")
            }
            return status
        }
    }

    /// Growing makes the master patient for some seconds; returns when a quick profile has its own timing again.
    public func waitForOwnTiming() throws(LabError) {
        _ = try Condition.wait(for: "the profile's own timing", within: .seconds(30)) { () throws(LabError) -> Bool? in
            let profile = try status().profile
            let isQuick = profile.active == .instant || profile.active == .fast
            return !isQuick || profile.takeMilliseconds <= 500 ? true : nil
        }
    }

    /// What a whole cluster lacks; nil when it is whole.
    public static func problem(of status: ClusterStatus) -> String? {
        guard let master = status.master else { return "there is no master" }
        guard status.vip.holder == master.node else { return "the master does not hold the virtual address" }
        if let node = status.nodes.first(where: { $0.state != .online }) { return "\(node.name) is \(node.state)" }
        guard status.etcd.healthy else { return "etcd is not healthy" }
        let voters = status.nodes.count { $0.role != .spare }
        guard status.etcd.members == voters else { return "\(status.etcd.members) of \(voters) voters are promoted" }
        guard status.etcd.inStep == voters else { return "\(status.etcd.inStep) of \(voters) members are in step" }
        guard status.etcd.alarms.isEmpty else { return "etcd has the alarms \(status.etcd.alarms)" }
        return nil
    }
}

extension KeelsonCluster {
    /// The node with this identity.
    public func node(_ id: NodeID) throws(LabError) -> LabNode {
        guard let name = try status().nodes.first(where: { $0.id == id })?.name else {
            throw LabError("There is no node \(id) in the cluster.")
        }
        return try lab.node(named: name)
    }
}
