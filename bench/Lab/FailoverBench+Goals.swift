import Primitives

extension FailoverBench {
    /// The promises about failover with what was measured; those without a measurement count as missed.
    public var goals: [Goal] {
        let slow = Distribution(series("keepalived 1.0 s")?.outages ?? []).median
        let quick = Distribution(series("keepalived 0.1 s")?.outages ?? []).median
        var goals = [
            most("Keelson calm", "median", \.median, .milliseconds(1500), against: ("keepalived 1 s", slow)),
            most("Keelson fast", "median", \.median, .milliseconds(500), against: ("keepalived 0.1 s", quick)),
            most("Keelson fast", "worst", \.worst, .milliseconds(700), against: nil),
            most("Keelson instant", "median", \.median, quick, against: ("keepalived 0.1 s", quick)),
            most("Keelson instant", "worst", \.worst, .milliseconds(500), against: nil),
        ]
        for profile in ["calm", "fast", "instant"] {
            goals += margins(profile)
            for load in ["", ", loaded"] {
                let (ours, theirs) = ("Keelson \(profile)\(load)", "keepalived 0.1 s\(load)")
                goals.append(changes(ours, "plain service", \.plainChanges, theirs))
                goals.append(changes(ours, "API", \.changes, nil))
            }
            goals += [planned(profile), bystander(profile)]
        }
        return goals
    }

    private func most(
        _ name: String, _ figure: String, _ value: KeyPath<Distribution, Span?>, _ limit: Span?,
        against: (name: String, value: Span?)?
    ) -> Goal {
        let measured = series(name)
        let ours = Distribution(measured?.outages ?? [])[keyPath: value]
        let met = ours.map { ours in limit.map { ours <= $0 } ?? false } ?? false
        return Goal(
            what: "\(name), power cut, \(figure) outage, s", ours: ours?.seconds, against: against?.name,
            theirs: against?.value?.seconds,
            goal: limit.map { "at most \(Double($0.milliseconds) / 1000)" } ?? "no slower than keepalived at 0.1 s",
            met: met && measured?.missed == 0)
    }

    private func margins(_ profile: String) -> [Goal] {
        FaultSeries.Fault.allCases.map { fault in
            let name = fault == .power ? "Keelson \(profile)" : "Keelson \(profile), \(fault.rawValue)"
            let least = series(name)?.margins.min()
            return Goal(
                what: "Keelson \(profile), \(fault.rawValue), least margin between two holders, s",
                ours: least?.seconds, goal: "above 0", met: (least ?? .zero) > .zero)
        }
    }

    private func changes(
        _ name: String, _ service: String, _ figure: KeyPath<FailoverSeries, Int>, _ other: String?
    ) -> Goal {
        let ours = series(name)?[keyPath: figure]
        return Goal(
            what: "\(name), changes of answer of the \(service) after takeovers", ours: ours.map(Double.init),
            against: other, theirs: other.flatMap { series($0) }.map { Double($0.plainChanges) }, goal: "none",
            met: ours == 0)
    }

    private func planned(_ profile: String) -> Goal {
        let worst = Distribution(switches[profile] ?? []).worst
        return Goal(
            what: "Keelson \(profile), planned switch, worst gap, s", ours: worst?.seconds, goal: "at most 0.05",
            met: worst.map { $0 <= .milliseconds(50) } ?? false)
    }

    private func bystander(_ profile: String) -> Goal {
        let failed = bystanders[profile]
        return Goal(
            what: "Keelson \(profile), failed requests when another node is lost", ours: failed.map(Double.init),
            goal: "none", met: failed == 0)
    }
}
