import Primitives

/// What came out of many seeds.
public struct Campaign: Sendable {
    public private(set) var runs = 0
    public private(set) var failovers = 0
    public private(set) var happenings = 0
    public private(set) var operations = 0
    public private(set) var measuredOutages = 0
    /// Outages above their limit.
    public private(set) var lateOutages = 0
    public private(set) var worstOutage = Span.zero
    public private(set) var worstPlanned = Span.zero
    public private(set) var leastMargin: Span?
    /// Runs in which something did not hold, and runs that were traced.
    public private(set) var failed: [Simulation.Run] = []
    public private(set) var traced: [Simulation.Run] = []

    public init() {}

    /// 99 of 100 outages must end within their limit.
    public var keepsPromise: Bool { lateOutages * 100 <= measuredOutages || lateOutages <= 1 }

    public var isSound: Bool { failed.isEmpty && keepsPromise }

    public mutating func add(_ run: Simulation.Run) {
        runs += 1
        failovers += run.failovers
        happenings += run.happenings
        operations += run.operations
        for outage in run.outages {
            measuredOutages += 1
            if outage.span > outage.limit { lateOutages += 1 }
            worstOutage = max(worstOutage, outage.span)
        }
        worstPlanned = max(worstPlanned, run.planned.max() ?? .zero)
        leastMargin = Self.least(leastMargin, run.leastMargin)
        if !run.violations.isEmpty { failed.append(run) }
        if !run.trace.isEmpty { traced.append(run) }
    }

    public mutating func add(_ other: Campaign) {
        runs += other.runs
        failovers += other.failovers
        happenings += other.happenings
        operations += other.operations
        measuredOutages += other.measuredOutages
        lateOutages += other.lateOutages
        worstOutage = max(worstOutage, other.worstOutage)
        worstPlanned = max(worstPlanned, other.worstPlanned)
        leastMargin = Self.least(leastMargin, other.leastMargin)
        failed = (failed + other.failed).sorted { $0.seed < $1.seed }
        traced = (traced + other.traced).sorted { $0.seed < $1.seed }
    }

    /// One line for people.
    public var summary: String {
        "\(runs) runs, \(failovers) failovers, \(operations) requests answered, worst outage \(worstOutage), "
            + "\(lateOutages) of \(measuredOutages) outages above take + 0.3 s, worst planned switch \(worstPlanned), "
            + "least margin \(leastMargin.map(\.description) ?? "none"), \(failed.count) runs with violations"
    }

    private static func least(_ one: Span?, _ other: Span?) -> Span? {
        guard let one, let other else { return one ?? other }
        return min(one, other)
    }
}
