import APIProtocol
import MembershipCore
import Primitives

/// The live status of `make run`: what is drawn, and the one line that stands for it where there is no terminal.
public enum StatusScreen {
    /// The whole screen.
    public static func lines(_ status: ClusterStatus) -> [String] {
        guard status.clusterName != nil else { return [line(status)] }
        let names = status.names
        let vip = status.vip.addresses.map(\.description).joined(separator: ", ")
        let holder = status.vip.holder.flatMap { names[$0] } ?? "nobody"
        let profile = status.profile
        var lines = [
            "cluster \(status.clusterName ?? "-")   \(status.vip.url ?? "")",
            "master  \(status.master?.name ?? "none")   epoch \(status.master?.epoch ?? "-")"
                + "   since \(status.master?.since.description ?? "-")",
            "VIP     \(vip) held by \(holder)",
            "etcd    \(etcd(status.etcd, names))",
            "profile \(profile.active.rawValue) (asked for: \(profile.chosen.rawValue))   renew "
                + "\(Int(profile.renewMilliseconds)) ms, fence \(Int(profile.fenceMilliseconds)) ms, take over after "
                + "\(Int(profile.takeMilliseconds)) ms",
            "",
        ]
        var table = TextTable(["node", "address", "role", "state", "heard", "cpu", "memory", "disk"])
        for node in status.nodes { table.add(row(node)) }
        lines += table.lines
        lines += ["", "last failover: \(lastFailover(status) ?? "none")"]
        return lines
    }

    /// What changes only when something happens.
    public static func line(_ status: ClusterStatus) -> String {
        guard status.clusterName != nil else { return "there is no cluster yet" }
        let names = status.names
        let nodes = status.nodes.map { "\($0.name) \($0.state.rawValue)" }.joined(separator: ", ")
        let holder = status.vip.holder.flatMap { names[$0] } ?? "nobody"
        return "master \(status.master?.name ?? "none"), epoch \(status.master?.epoch ?? "-"), VIP held by \(holder), "
            + "etcd \(etcd(status.etcd, names)), \(status.profile.active.rawValue); \(nodes)"
    }

    /// The last change of master in words, with every phase.
    public static func lastFailover(_ status: ClusterStatus) -> String? {
        guard let failover = status.lastFailover else { return nil }
        let names = status.names
        func name(_ node: NodeID?) -> String { node.map { names[$0] ?? $0.text } ?? "-" }
        return "\(name(failover.from)) → \(name(failover.to)) (\(failover.cause.rawValue)), "
            + "\(Int(failover.totalMilliseconds)) ms: detected \(Int(failover.detectedMilliseconds)), "
            + "decided \(Int(failover.decidedMilliseconds)), VIP moved \(Int(failover.vipMovedMilliseconds)), "
            + "service ready \(Int(failover.serviceReadyMilliseconds))"
    }

    private static func etcd(_ etcd: EtcdStatus, _ names: [NodeID: String]) -> String {
        let leader = etcd.leader.map { names[$0] ?? $0.text } ?? "none"
        let alarms = etcd.alarms.isEmpty ? "" : ", alarms \(etcd.alarms.joined(separator: " "))"
        return "\(etcd.healthy ? "healthy" : "NOT healthy"), \(etcd.inStep) of \(etcd.members) members, "
            + "leader \(leader)\(alarms)"
    }

    private static func row(_ node: NodeStatus) -> [String] {
        func mebibytes(_ used: UInt64, _ total: UInt64) -> String { "\(used >> 20)/\(total >> 20) MiB" }
        let heard = node.lastHeardMilliseconds.map { "\($0) ms" } ?? "-"
        let resources = node.resources
        return [
            node.isMaster ? "\(node.name) *" : node.name, node.address.description, node.role.rawValue,
            node.state.rawValue, heard, resources.map { "\(Int($0.cpuPercent)) %" } ?? "-",
            resources.map { mebibytes($0.memoryUsedBytes, $0.memoryTotalBytes) } ?? "-",
            resources.map { mebibytes($0.diskUsedBytes, $0.diskTotalBytes) } ?? "-",
        ]
    }
}

extension ClusterStatus {
    fileprivate var names: [NodeID: String] { Dictionary(uniqueKeysWithValues: nodes.map { ($0.id, $0.name) }) }
}
