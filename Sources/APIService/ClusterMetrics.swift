import APIProtocol
import Primitives
import PrometheusMetrics
import StreamProtocol

/// The cluster's state as Prometheus gauges, made from the status when they are asked for.
enum ClusterMetrics {
    static func text(_ status: ClusterStatus) -> String {
        var text = ""
        func gauge(_ name: String, _ lines: [Line]) { text += Self.gauge(name, lines) }
        gauge("keelson_is_master", [([], status.master?.node == status.node.id && status.master != nil ? "1" : "0")])
        gauge("keelson_master_known", [([], status.master == nil ? "0" : "1")])
        gauge("keelson_vip_held", [([], status.vip.holder == nil ? "0" : "1")])
        gauge("keelson_store_healthy", [([], status.etcd.healthy ? "1" : "0")])
        gauge("keelson_store_members", [([], "\(status.etcd.members)")])
        gauge("keelson_store_alarms", [([], "\(status.etcd.alarms.count)")])
        gauge("keelson_profile_fence_seconds", [([], "\(status.profile.fenceMilliseconds / 1_000)")])
        gauge("keelson_profile_take_seconds", [([], "\(status.profile.takeMilliseconds / 1_000)")])
        if let last = status.lastFailover {
            gauge(
                "keelson_last_failover_seconds",
                [([("cause", last.cause.rawValue)], "\(last.totalMilliseconds / 1_000)")])
        }
        let nodes = status.nodes.map { (labels: [("node", $0.id.text), ("name", $0.name)], node: $0) }
        gauge("keelson_node_online", nodes.map { ($0.labels, $0.node.state == .online ? "1" : "0") })
        let measured = nodes.compactMap { entry in entry.node.resources.map { (entry.labels, $0) } }
        gauge("keelson_node_cpu_percent", measured.map { ($0.0, "\($0.1.cpuPercent)") })
        gauge("keelson_node_memory_used_bytes", measured.map { ($0.0, "\($0.1.memoryUsedBytes)") })
        gauge("keelson_node_memory_total_bytes", measured.map { ($0.0, "\($0.1.memoryTotalBytes)") })
        gauge("keelson_node_disk_used_bytes", measured.map { ($0.0, "\($0.1.diskUsedBytes)") })
        gauge("keelson_node_disk_total_bytes", measured.map { ($0.0, "\($0.1.diskTotalBytes)") })
        gauge("keelson_node_pressure_io_percent", measured.map { ($0.0, "\($0.1.pressure.io)") })
        return text
    }

    /// One line for each machine and figure: as many as machines may be protected.
    static func text(_ machines: [Machine]) -> String {
        let known = machines.map { (labels: [("machine", $0.id.description), ("name", $0.name)], $0.stream, $0) }
        return gauge(
            "keelson_machine_lag_seconds",
            known.compactMap { entry in entry.1.lagSeconds.map { (entry.labels, "\($0)") } })
            + gauge("keelson_machine_behind_bytes", known.map { ($0.labels, "\($0.1.bytesBehind)") })
            + gauge("keelson_machine_journal_bytes", known.map { ($0.labels, "\($0.1.journalBytes)") })
            + gauge("keelson_machine_base_bytes", known.map { ($0.labels, "\($0.1.baseBytes)") })
            + gauge("keelson_machine_streaming", known.map { ($0.labels, $0.1.state == .streaming ? "1" : "0") })
            + gauge("keelson_machine_replicated", known.map { ($0.labels, $0.1.isReplicated ? "1" : "0") })
            + gauge("keelson_machine_alarms", known.map { ($0.labels, "\($0.2.alarms.count)") })
    }

    private typealias Line = (labels: [(String, String)], value: String)

    private static func gauge(_ name: String, _ lines: [Line]) -> String {
        lines.reduce(into: "# TYPE \(name) gauge\n") { text, line in
            let labels = MetricName.labels(line.labels)
            text += labels.isEmpty ? "\(name) \(line.value)\n" : "\(name){\(labels)} \(line.value)\n"
        }
    }
}
