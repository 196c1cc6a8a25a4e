import Glibc
import Primitives

/// The lab's wires: a bridge in a namespace of its own, a namespace for each node and one for the client.
/// Everything is named after the run (`k4711-n1`), nothing else on the machine is touched.
public final class LabNetwork: @unchecked Sendable {
    /// Address of the VIP that the lab's clusters and keepalived use.
    public static let vip = "10.77.0.50"
    public static let gateway = "10.77.0.1"
    /// This machine's own address after `connectHost`.
    public static let host = "10.77.0.254"
    public static let prefixLength = 24

    /// A direction between two nodes in which nothing passes.
    private struct Loss: Hashable, Comparable {
        let from: Int
        let to: Int
        static func < (left: Loss, right: Loss) -> Bool { (left.from, left.to) < (right.from, right.to) }
    }

    /// `k` and the process id of the run.
    public let name: String
    private var losses: Set<Loss> = []

    public init(name: String) { self.name = name }

    public var bridge: String { "\(name)-br" }
    public var client: String { "\(name)-cl" }
    /// Namespace of node 1, 2, ….
    public func node(_ index: Int) -> String { "\(name)-n\(index)" }
    /// Namespace of protected machine 1, 2, ….
    public func machine(_ index: Int) -> String { "\(name)-m\(index)" }
    /// IPv4 address of node 1, 2, ….
    public static func address(_ index: Int) -> String { "10.77.0.\(10 + index)" }

    /// Makes the bridge and the client. The gateway (the bridge's own address) answers ARP.
    public func create() throws(LabError) {
        try Command.run(["ip", "netns", "add", bridge])
        try batch(
            bridge,
            [
                "link set lo up",
                "link add br0 type bridge stp_state 0 forward_delay 0 mcast_snooping 0",
                "link set br0 address 02:77:00:00:00:01 up",
                "addr add \(Self.gateway)/\(Self.prefixLength) dev br0",
                "addr add fd77::1/64 dev br0 nodad",
            ])
        try plug(client, port: "vcl", last: 100)
    }

    /// Gives this machine itself an address in the lab's network, for a browser that runs on it.
    /// - Throws: `LabError` when another lab has it already.
    public func connectHost() throws(LabError) {
        let (outer, inner) = ("\(name)-host", "vhost")
        try Command.run([
            "ip", "link", "add", outer, "type", "veth", "peer", "name", inner, "netns", bridge,
        ])
        try Command.run(["ip", "-n", bridge, "link", "set", inner, "master", "br0", "up"])
        try Command.run(["ip", "addr", "add", "\(Self.host)/\(Self.prefixLength)", "dev", outer])
        try Command.run(["ip", "link", "set", outer, "up"])
    }

    /// Makes a node's namespace anew: no address, rule or neighbour of an earlier life is left, as after power-on.
    public func plugIn(node index: Int) throws(LabError) {
        try plug(node(index), port: port(index), last: 10 + index)
    }

    /// Makes the namespace of a protected machine anew.
    public func plugIn(machine index: Int) throws(LabError) {
        try plug(machine(index), port: "vm\(index)", last: 150 + index)
    }

    /// Takes a node's namespace and its wire away.
    public func unplug(node index: Int) throws(LabError) {
        let left = try Command.attempt(["ip", "-n", bridge, "link", "del", port(index)])
        guard left.code == 0 || left.text.contains("Cannot find device") else {
            throw LabError("The wire of node \(index) cannot be removed: \(left.text)")
        }
        try Command.run(["ip", "netns", "del", node(index)])
    }

    /// The node's cable: the carrier goes as when the plug is pulled at the switch.
    public func setCable(node index: Int, connected: Bool) throws(LabError) {
        try Command.run(["ip", "-n", bridge, "link", "set", port(index), connected ? "up" : "down"])
    }

    /// Loses everything that one node sends to another; the way back and the client stay open.
    public func lose(from: Int, to: Int) throws(LabError) {
        losses.insert(Loss(from: from, to: to))
        try applyLosses()
    }

    /// Cuts a node from its peers in both directions while the client still reaches it: the hardest partition.
    public func partition(node index: Int, from peers: [Int]) throws(LabError) {
        for peer in peers where peer != index {
            losses.insert(Loss(from: index, to: peer))
            losses.insert(Loss(from: peer, to: index))
        }
        try applyLosses()
    }

    /// Everything passes again.
    public func heal() throws(LabError) {
        losses = []
        try applyLosses()
    }

    /// Removes all namespaces of this run. Their processes must be gone.
    public func remove() throws(LabError) {
        // It would go with the bridge's namespace, but some moments later.
        _ = try Command.attempt(["ip", "link", "del", "\(name)-host"])
        for space in try Self.spaces() where space.hasPrefix("\(name)-") {
            try Command.run(["ip", "netns", "del", space])
        }
    }

    /// Namespaces of the machine by name.
    static func spaces() throws(LabError) -> [String] {
        try Command.run(["ip", "netns", "list"]).split(separator: "\n").map { line in
            String(line.prefix { $0 != " " })
        }
    }

    private func port(_ index: Int) -> String { "vn\(index)" }

    private func plug(_ space: String, port: String, last: Int) throws(LabError) {
        let byte = String(last, radix: 16)
        let mac = "02:77:00:00:01:\(byte.count < 2 ? "0" : "")\(byte)"
        try Command.run(["ip", "netns", "add", space])
        try Command.run([
            "ip", "-n", bridge, "link", "add", port, "type", "veth", "peer", "name", "eth0", "address", mac,
            "netns", space,
        ])
        try Command.run(["ip", "-n", bridge, "link", "set", port, "master", "br0", "up"])
        try batch(
            space,
            [
                "link set lo up",
                "link set eth0 up",
                "addr add 10.77.0.\(last)/\(Self.prefixLength) dev eth0",
                "addr add fd77::\(last)/64 dev eth0 nodad",
                "route add default via \(Self.gateway)",
            ])
    }

    private func applyLosses() throws(LabError) {
        // One transaction: made (again), emptied, filled.
        var script = "add table bridge lab\n"
        script += "add chain bridge lab loss { type filter hook forward priority 0 ; }\n"
        script += "flush chain bridge lab loss\n"
        for loss in losses.sorted() {
            script += "add rule bridge lab loss iifname \(port(loss.from)) oifname \(port(loss.to)) drop\n"
        }
        try Command.run(["ip", "netns", "exec", bridge, "nft", "-f", "-"], input: script)
    }

    private func batch(_ space: String, _ lines: [String]) throws(LabError) {
        try Command.run(
            ["ip", "-n", space, "-batch", "-"], input: lines.map { $0 + "\n" }.joined())
    }
}
