import Primitives

/// A deterministic simulation of whole clusters: the real cores of mastership, address and profile against models of clocks, network, disks, etcd, kernel
/// addresses and guarded storage. One seed is one history, the same on every machine.
public enum Simulation {
    /// What came out of one seed.
    public struct Run: Sendable {
        public let seed: UInt64
        /// Sentences with the moment of the world; empty when everything held.
        public let violations: [String]
        /// What the plan did to the cluster, in order.
        public let script: [String]
        /// Everything that happened; empty unless asked for.
        public let trace: [String]
        /// Equal for equal histories.
        public let fingerprint: UInt64
        public let happenings: Int
        public let takeovers: Int
        /// Takeovers by another node than the master before.
        public let failovers: Int
        /// Outages by one fault on a healthy cluster, each with the promised limit (take + 0.3 s).
        public let outages: [(span: Span, limit: Span)]
        /// Outages by planned switches on a healthy cluster.
        public let planned: [Span]
        /// Least time between one node's last answer and another one's first, unstunned machines only.
        public let leastMargin: Span?
        /// Requests of clients that were answered.
        public let operations: Int
    }

    /// Runs one seed to its end.
    public static func run(seed: UInt64, plant: Plant? = nil, isTracing: Bool = false) -> Run {
        let world = World(seed: seed, plant: plant, isTracing: isTracing)
        world.run()
        return Run(
            seed: seed, violations: world.checks.violations, script: world.script, trace: world.trace ?? [],
            fingerprint: world.fingerprint, happenings: world.happened, takeovers: world.checks.takeovers,
            failovers: world.checks.failovers,
            outages: world.outages.measured.map { ($0.span, $0.limit) }, planned: world.outages.planned,
            leastMargin: world.checks.leastMargin, operations: world.checks.operations)
    }

    /// Runs `count` seeds from `first` on, on several threads.
    ///
    /// - Parameter threads: how many seeds are under way at once.
    public static func campaign(
        first: UInt64, count: Int, plant: Plant? = nil, isTracing: Bool = false, threads: Int
    ) async -> Campaign {
        await withTaskGroup(of: Campaign.self) { group in
            for worker in 0..<max(1, threads) {
                group.addTask {
                    var campaign = Campaign()
                    for offset in stride(from: worker, to: count, by: max(1, threads)) {
                        campaign.add(run(seed: first + UInt64(offset), plant: plant, isTracing: isTracing))
                    }
                    return campaign
                }
            }
            var whole = Campaign()
            for await part in group { whole.add(part) }
            return whole
        }
    }
}
