import APIProtocol
import MembershipCore
import Primitives
import Texts

/// The cluster's status as lines for people.
struct StatusView {
    let status: ClusterStatus
    let session: Session

    var lines: [String] {
        let cluster = status.clusterName ?? session.text("status.noCluster")
        var lines = facts([
            ("status.cluster", "\(cluster) (\(session.text("stage.\(status.stage.rawValue)")))"),
            ("status.node", "\(status.node.name), \(status.node.address)"),
        ])
        guard status.stage != .installed else { return lines }
        var facts = [
            ("status.master", master), ("status.vip", vip), ("status.store", store), ("status.profile", profile),
        ]
        if !status.failsOver { facts.append(("status.failover", session.text("status.failoverOff"))) }
        if let last = status.lastFailover { facts.append(("status.lastFailover", failover(last))) }
        lines += self.facts(facts)
        lines.append("")
        lines += NodesView(nodes: status.nodes, session: session).lines
        return lines
    }

    private func facts(_ facts: [(key: String, value: String)]) -> [String] {
        let width = ["status.cluster", "status.lastFailover"].map { Table.width(session.text($0)) }.max() ?? 0
        return facts.map { fact in
            let name = session.text(fact.key)
            return name + String(repeating: " ", count: max(0, width - Table.width(name)) + 2) + fact.value
        }
    }

    private func name(_ node: NodeID?) -> String {
        guard let node else { return session.text("status.nobody") }
        return status.nodes.first { $0.id == node }?.name ?? node.text
    }

    private var master: String {
        guard let master = status.master else { return session.text("status.noMaster") }
        return session.text(
            "status.masterSince", ["name": master.name, "epoch": master.epoch, "time": master.since.description])
    }

    private var vip: String {
        let addresses = status.vip.addresses.map(\.description).joined(separator: ", ")
        guard status.vip.holder != nil else { return session.text("status.vipFree", ["addresses": addresses]) }
        return session.text("status.vipHeld", ["addresses": addresses, "name": name(status.vip.holder)])
    }

    private var store: String {
        let etcd = status.etcd
        let state = session.text(etcd.healthy ? "status.healthy" : "status.unhealthy")
        let alarms = etcd.alarms.isEmpty ? "" : ", " + etcd.alarms.joined(separator: ", ")
        return session.text(
            "status.storeState",
            [
                "state": state, "inStep": "\(etcd.inStep)", "members": "\(etcd.members)",
                "leader": name(etcd.leader),
            ]) + alarms
    }

    var profile: String {
        let profile = status.profile
        return session.text(
            "status.profileState",
            [
                "active": profile.active.rawValue, "chosen": profile.chosen.rawValue,
                "renew": Figures.decimal(profile.renewMilliseconds),
                "fence": Figures.decimal(profile.fenceMilliseconds),
                "take": Figures.decimal(profile.takeMilliseconds),
            ])
    }

    private func failover(_ failover: Failover) -> String {
        session.text(
            "status.failoverState",
            [
                "from": name(failover.from), "to": name(failover.to),
                "cause": session.text("cause.\(failover.cause.rawValue)"), "time": failover.at.description,
                "total": Figures.decimal(failover.totalMilliseconds),
                "detected": Figures.decimal(failover.detectedMilliseconds),
                "decided": Figures.decimal(failover.decidedMilliseconds),
                "moved": Figures.decimal(failover.vipMovedMilliseconds),
                "ready": Figures.decimal(failover.serviceReadyMilliseconds),
            ])
    }
}

/// The nodes as a table.
struct NodesView {
    let nodes: [NodeStatus]
    let session: Session

    var lines: [String] {
        let columns =
            ["name", "id", "address", "role"] + (hasDomains ? ["domain"] : [])
            + ["state", "heard", "cpu", "memory", "disk", "clock"]
        return Table.lines(header: columns.map { session.text("column.\($0)") }, rows: nodes.map(row))
    }

    private var hasDomains: Bool { nodes.contains { $0.domain != nil } }

    private func row(_ node: NodeStatus) -> [String] {
        let resources = node.resources
        let place = [
            node.name + (node.isMaster ? " *" : ""), node.id.text, node.address.description,
            session.text("role.\(node.role.rawValue)"),
        ]
        return place + (hasDomains ? [node.domain ?? "-"] : []) + [
            session.text("state.\(node.state.rawValue)") + (node.drained ? ", " + session.text("state.drained") : ""),
            node.lastHeardMilliseconds.map { "\($0) ms" } ?? "-",
            resources.map { Figures.percent($0.cpuPercent) } ?? "-",
            resources.map { "\(Figures.bytes($0.memoryUsedBytes)) / \(Figures.bytes($0.memoryTotalBytes))" } ?? "-",
            resources.map { "\(Figures.bytes($0.diskUsedBytes)) / \(Figures.bytes($0.diskTotalBytes))" } ?? "-",
            resources?.clockOffsetMilliseconds.map(Figures.milliseconds) ?? "-",
        ]
    }
}
