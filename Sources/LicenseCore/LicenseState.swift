import APIProtocol

/// What a license means here and now. It never stops anything that protects: replication, failover, takeover, restore
/// and security updates go on for ever. Only additions (a node, a host, a feature) may be refused.
public struct LicenseState: Equatable, Sendable {
    public enum Phase: Equatable, Sendable {
        case notYetValid(from: Timestamp)
        /// nil: for ever.
        case valid(until: Timestamp?)
        /// Expired; additions are still possible until then.
        case grace(since: Timestamp, until: Timestamp)
        case expired(since: Timestamp)
    }

    public enum Warning: Hashable, Sendable {
        /// Too few of the licensed machines are here.
        case otherHardware(found: Int, needed: Int)
        case tooManyNodes(limit: Int, present: Int)
        case tooManyHosts(limit: Int, present: Int)
        case tooMuchData(limit: Int, present: Int)
        /// The wall clock is behind a time that the cluster has seen.
        case clockSetBack(seen: Timestamp)
    }

    public let phase: Phase
    public let warnings: [Warning]

    /// What the cluster is.
    public struct Facts: Codable, Equatable, Sendable {
        /// The wall clock.
        public var now: Timestamp
        /// The latest wall clock that the cluster has ever seen: a clock that is set back gains nothing.
        public var latestSeen: Timestamp
        public var hardware: [HardwarePrint]
        public var nodes: Int
        public var hosts: Int
        /// Rounded up.
        public var tebibytes: Int

        public init(
            now: Timestamp, latestSeen: Timestamp, hardware: [HardwarePrint], nodes: Int, hosts: Int, tebibytes: Int
        ) {
            self.now = now
            self.latestSeen = latestSeen
            self.hardware = hardware
            self.nodes = nodes
            self.hosts = hosts
            self.tebibytes = tebibytes
        }

        /// Whether the wall clock is behind a time that the cluster has seen.
        public var isSetBack: Bool { now.milliseconds < latestSeen.milliseconds - clockTolerance }
    }

    /// Clocks of nodes differ; so much behind is not set back.
    static let clockTolerance: Int64 = 3_600_000
    private static let day: Int64 = 86_400_000

    public init(_ license: License, _ facts: Facts) {
        phase = Self.phase(license, at: max(facts.now, facts.latestSeen))
        var warnings: [Warning] = []
        if facts.isSetBack {
            warnings.append(.clockSetBack(seen: facts.latestSeen))
        }
        let needed = license.binding.count / 2 + 1
        let found = license.binding.count { licensed in facts.hardware.contains { licensed.matches($0) } }
        if !license.binding.isEmpty, found < needed { warnings.append(.otherHardware(found: found, needed: needed)) }
        if let limit = license.limits.nodes, facts.nodes > limit {
            warnings.append(.tooManyNodes(limit: limit, present: facts.nodes))
        }
        if let limit = license.limits.hosts, facts.hosts > limit {
            warnings.append(.tooManyHosts(limit: limit, present: facts.hosts))
        }
        if let limit = license.limits.tebibytes, facts.tebibytes > limit {
            warnings.append(.tooMuchData(limit: limit, present: facts.tebibytes))
        }
        self.warnings = warnings
    }

    private static func phase(_ license: License, at now: Timestamp) -> Phase {
        guard now >= license.validFrom else { return .notYetValid(from: license.validFrom) }
        guard let expires = license.expires else { return .valid(until: nil) }
        let graceEnds = Timestamp(milliseconds: expires.milliseconds + Int64(license.graceDays) * day)
        if now < expires { return .valid(until: expires) }
        return now < graceEnds ? .grace(since: expires, until: graceEnds) : .expired(since: expires)
    }

    /// Why a license of this state is not to be installed; nil: it is.
    public var refusal: LicenseProblem? {
        switch phase {
        case .notYetValid(let from): return .notYetValid(from)
        case .expired(let since): return .expired(since)
        case .grace(let since, _): return .expired(since)
        case .valid: break
        }
        for warning in warnings {
            switch warning {
            case .otherHardware(let found, let needed): return .otherHardware(found: found, needed: needed)
            case .tooManyNodes(let limit, let present): return .tooFewNodes(limit: limit, present: present)
            case .tooManyHosts, .tooMuchData, .clockSetBack: continue
            }
        }
        return nil
    }

    /// Whether nodes, hosts and features may be added.
    public var allowsAdditions: Bool {
        switch phase {
        case .valid, .grace: !warnings.contains { if case .otherHardware = $0 { true } else { false } }
        case .notYetValid, .expired: false
        }
    }
}
