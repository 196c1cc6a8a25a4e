/// A deterministic simulation of the data path: the real cores and frames against models of disks, journals and links.
/// One seed is one history, the same on every machine.
public enum ReplicationSimulation {
    /// What came out of one seed.
    public struct Run: Sendable {
        public let seed: UInt64
        /// Sentences with the moment of the world; empty when everything held.
        public let violations: [String]
        /// What the plan did, in order.
        public let script: [String]
        /// Everything that happened; empty unless asked for.
        public let trace: [String]
        /// Equal for equal histories.
        public let fingerprint: UInt64
        public let happenings: Int
        /// Points that were read back and compared with the source.
        public let points: Int
        public let acknowledgements: Int
    }

    /// Runs one seed to its end.
    public static func run(seed: UInt64, plant: ReplicationPlant? = nil, isTracing: Bool = false) -> Run {
        let world = ReplicationWorld(seed: seed, plant: plant, isTracing: isTracing)
        world.run()
        return Run(
            seed: seed, violations: world.checks.violations, script: world.script, trace: world.trace ?? [],
            fingerprint: world.fingerprint, happenings: world.happened, points: world.checks.pointsRead,
            acknowledgements: world.checks.acknowledgements)
    }

    /// Runs `count` seeds from `first` on, on several threads; runs with violations, or all when traced, are kept.
    public static func campaign(
        first: UInt64, count: Int, plant: ReplicationPlant? = nil, isTracing: Bool = false, threads: Int
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

    /// What came out of many seeds.
    public struct Campaign: Sendable {
        public private(set) var runs = 0
        public private(set) var happenings = 0
        public private(set) var points = 0
        public private(set) var acknowledgements = 0
        public private(set) var failed: [Run] = []
        public private(set) var traced: [Run] = []

        public var isSound: Bool { failed.isEmpty }

        mutating func add(_ run: Run) {
            runs += 1
            happenings += run.happenings
            points += run.points
            acknowledgements += run.acknowledgements
            if !run.violations.isEmpty { failed.append(run) }
            if !run.trace.isEmpty { traced.append(run) }
        }

        mutating func add(_ other: Campaign) {
            runs += other.runs
            happenings += other.happenings
            points += other.points
            acknowledgements += other.acknowledgements
            failed = (failed + other.failed).sorted { $0.seed < $1.seed }
            traced = (traced + other.traced).sorted { $0.seed < $1.seed }
        }

        /// One line for people.
        public var summary: String {
            "data path: \(runs) runs, \(acknowledgements) acknowledgements judged, \(points) points read back, "
                + "\(failed.count) runs with violations"
        }
    }
}
