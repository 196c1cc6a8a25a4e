import Foundation
import Primitives

/// keepalived and the tiny responder: what Keelson's failover is compared with.
public struct Keepalived: NodeSoftware {
    /// Seconds between two advertisements.
    public let advertisement: Double

    public init(advertisement: Double) { self.advertisement = advertisement }

    public func boot(_ node: LabNode) throws(LabError) {
        let base = "\(node.directory)/keepalived"
        // A stale file and a reused process id make keepalived refuse to start.
        for path in ["\(base).pid", "\(base).vrrp.pid"] where FileManager.default.fileExists(atPath: path) {
            do {
                try FileManager.default.removeItem(atPath: path)
            } catch {
                throw LabError("\(path) cannot be removed: \(error)")
            }
        }
        try node.write(configuration(node), to: "keepalived.conf")
        try node.start([node.program("lab"), "responder", node.name], output: "responder.log")
        try node.start(
            [
                "keepalived", "-n", "-l", "-D", "-P", "-f", "\(base).conf", "-p", "\(base).pid", "-r",
                "\(base).vrrp.pid",
            ], output: "keepalived.log")
    }

    private func configuration(_ node: LabNode) -> String {
        """
        global_defs {
          router_id \(node.name)
          \(advertisement < 1 ? "vrrp_version 3" : "")
        }
        vrrp_instance VI {
          state BACKUP
          interface eth0
          virtual_router_id 51
          priority \(103 - node.index)
          advert_int \(advertisement)
          nopreempt
          virtual_ipaddress { \(LabNetwork.vip)/\(LabNetwork.prefixLength) dev eth0 }
        }

        """
    }
}
