import APIProtocol
import ArgumentParser

/// `keelson status`
struct StatusCommand: SessionCommand {
    static let configuration = CommandConfiguration(
        commandName: "status", abstract: "Shows the cluster.",
        discussion:
            "With --wait, waits until there is a master that holds the virtual address and the store is healthy.")

    @OptionGroup var options: GlobalOptions

    func perform(_ session: Session) async throws {
        let status: ClusterStatus
        if let seconds = session.wait {
            status = try await session.poll(seconds: seconds) {
                let status: ClusterStatus = try await session.client.call(.status)
                return status.isWhole ? status : nil
            }
        } else {
            status = try await session.client.call(.status)
        }
        try session.show(status) { StatusView(status: status, session: session).lines }
    }
}

extension ClusterStatus {
    /// Serves, and nothing is wrong.
    var isWhole: Bool {
        master != nil && vip.holder == master?.node && etcd.healthy && nodes.allSatisfy { $0.state == .online }
    }
}

/// `keelson metrics`
struct MetricsCommand: SessionCommand {
    static let configuration = CommandConfiguration(
        commandName: "metrics", abstract: "Prints the node's metrics as Prometheus text.")

    @OptionGroup var options: GlobalOptions

    func perform(_ session: Session) async throws {
        session.say(try await session.client.text(.metrics))
    }
}
