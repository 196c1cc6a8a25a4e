import Glibc
import Primitives

/// Memory and CPU of every daemon of a cluster at rest.
public struct CostMeter {
    /// One program on one node.
    public struct Cost: Sendable {
        public let node: String
        public let program: String
        public let residentMiB: Double
        public let proportionalMiB: Double
        /// Percent of one core.
        public let cpuPercent: Double
    }

    /// etcd is somebody else's program: reported, but not part of the promise.
    static let daemons = [
        "keelson-supervisor", "keelson-vipd", "keelson-clusterd", "keelson-licensed", "keelson-captured",
        "keelson-consoled", "etcd",
    ]

    /// Watches the nodes for a while.
    /// - Throws: `LabError` when a daemon does not run, or ends or restarts meanwhile.
    public static func measure(_ nodes: [LabNode], over span: Span) throws(LabError) -> [Cost] {
        struct Start {
            let node: String
            let program: String
            let pid: pid_t
            let cpuSeconds: Double
            let moment: Instant
        }
        var starts: [Start] = []
        for node in nodes {
            for program in daemons {
                guard let pid = node.processes(of: program).first, let facts = ProcessFacts(pid: pid) else {
                    throw LabError("\(program) does not run on \(node.name).")
                }
                starts.append(
                    Start(
                        node: node.name, program: program, pid: pid, cpuSeconds: facts.cpuSeconds,
                        moment: LabClock.now()))
            }
        }
        LabClock.pass(span)
        var costs: [Cost] = []
        for start in starts {
            guard let facts = ProcessFacts(pid: start.pid) else {
                throw LabError("\(start.program) on \(start.node) ended while it was measured.")
            }
            let elapsed = (LabClock.now() - start.moment).seconds
            costs.append(
                Cost(
                    node: start.node, program: start.program, residentMiB: Double(facts.residentKiB) / 1024,
                    proportionalMiB: Double(facts.proportionalKiB) / 1024,
                    cpuPercent: (facts.cpuSeconds - start.cpuSeconds) / elapsed * 100))
        }
        return costs
    }

    /// The promise: at most 150 MB and 3 % of one core a node, etcd apart. The worst node counts.
    public static func goals(_ costs: [Cost]) -> [Goal] {
        let ours = costs.filter { $0.program != "etcd" }
        let nodes = Set(ours.map(\.node)).sorted()
        func worst(_ value: (Cost) -> Double) -> Double {
            nodes.map { node in ours.filter { $0.node == node }.map(value).reduce(0, +) }.max() ?? 0
        }
        // Resident size counts pages shared by our programs once for each: more than a node really needs. The
        // proportional size would be too good, since three nodes share the pages of one machine here.
        let memory = worst(\.residentMiB) * 1.048_576
        let cpu = worst(\.cpuPercent)
        return [
            Goal(
                what: "memory of a node's daemons at rest, etcd apart, MB (RSS)", ours: memory, goal: "at most 150",
                met: memory <= 150),
            Goal(
                what: "CPU of a node's daemons at rest, etcd apart, % of one core", ours: cpu, goal: "at most 3",
                met: cpu <= 3),
        ]
    }

    /// A row for each program and node.
    public static func table(_ costs: [Cost]) -> TextTable {
        func one(_ value: Double) -> String {
            let tenths = Int((value * 100).rounded())
            return "\(tenths / 100).\(tenths % 100 < 10 ? "0" : "")\(tenths % 100)"
        }
        var table = TextTable(["node", "program", "RSS MiB", "PSS MiB", "CPU %"])
        for cost in costs {
            table.add([
                cost.node, cost.program, one(cost.residentMiB), one(cost.proportionalMiB), one(cost.cpuPercent),
            ])
        }
        return table
    }
}
