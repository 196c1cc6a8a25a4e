import Foundation
import Primitives

extension LabNode {
    /// Writes into the cluster's store until its quota is used up.
    /// - Throws: `LabError` when the store takes more than its quota.
    public func fillStore() throws(LabError) {
        let value = "\(directory)/store-filler"
        try Command.run(["truncate", "-s", "1400000", value])
        // One key again and again: what was is kept until the store is compacted. That takes long enough for the member to
        // be restarted meanwhile: only one answer ends it.
        let writes = """
            for round in $(seq 1000); do
                answer=$(\(etcdctl) put filler < \(value) 2>&1) && continue
                case $answer in *"database space exceeded"*) echo "$answer"; exit 1;; esac
            done
            echo "$answer"
            """
        let result = try Command.attempt(["ip", "netns", "exec", space, "sh", "-c", writes], within: .seconds(240))
        guard result.code != 0, result.text.contains("database space exceeded") else {
            throw LabError("The store could not be filled: \(result.text.suffix(300))")
        }
    }

    /// Takes back what `fillStore` wrote; the history goes with the healing.
    public func freeStore() throws(LabError) {
        try Command.run(["ip", "netns", "exec", space, "sh", "-c", "\(etcdctl) del filler"])
    }

    private var etcdctl: String {
        let identity = "\(directory)/data/identity"
        return "etcdctl --endpoints=https://\(address):2379 --cacert=\(identity)/ca.crt --cert=\(identity)/node.crt "
            + "--key=\(identity)/node.key --command-timeout=20s"
    }

    /// Whether a connection of etcd to one of these nodes waits to send something once more. After a cut of seconds that
    /// takes as long again, and until then two followers cannot elect.
    func hasBacklog(to addresses: [IPAddress]) throws(LabError) -> Bool {
        let ports = "( sport = :2380 or dport = :2380 )"
        let sockets = try Command.run(["ss", "-N", space, "-HtinO", "state", "established", ports])
        return sockets.split(separator: "\n").contains { socket in
            // Two queues, then the own end, then the other.
            let fields = socket.split(separator: " ")
            return socket.contains("backoff:") && fields.count > 3
                && addresses.contains { fields[3].hasPrefix("\($0):") }
        }
    }
}
