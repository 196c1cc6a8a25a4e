import Primitives

/// A master's life with a store that is full (etcd's alarm NOSPACE): it refuses every write but those that delete.
/// Why it is so: docs/decisions/full-store.md.
///
/// The gate is a second key. A takeover succeeds only while the gate has the modification revision that the contender
/// saw. A master that cannot renew deletes it, if its own record is still current: from then on nobody can take over, and
/// so it may go on for `fence` from the *sending* of that question, again and again; once the gate is gone the question
/// changes nothing. When the store takes writes again the master's next renewal makes the gate anew. If the master is gone
/// by then, a contender makes the gate anew, and that is news: `take` begins afresh for everybody.
extension MastershipCore {
    /// The store was full. Nobody asks it in a hot loop.
    static let fullStorePause = Span.milliseconds(100)

    mutating func rejected(_ write: Write, at now: Instant, into effects: inout [Effect]) {
        switch role {
        case .follower: break
        case .contender:
            role = .follower
            takeAt = max(takeAt, now + Self.fullStorePause)
            // The master may have shut the gate.
            effects.append(.observe)
        case .master where write.kind.isShutting, .departing: outcomeUnknown(write, at: now, into: &effects)
        case .master(var tenure):
            guard let record = seen?.record else { preconditionFailure("a master has written its record") }
            // Asked once, it may be done at any time.
            tenure.isGateShut = true
            tenure.inFlight = send(
                .shutGate, record, over: tenure.revision, fence: tenure.leastFence, at: now, into: &effects)
            role = .master(tenure)
        }
    }

    /// As good as a renewal, but no guarded transaction: services do not start by it.
    mutating func gateShut(_ tenure: Tenure, by write: Write, at now: Instant, into effects: inout [Effect]) {
        var tenure = tenure
        tenure.deadline = deadline(of: write, at: now)
        tenure.renewAt = write.sentAt + pace(of: write.record.timing)
        role = .master(tenure)
        guard now < tenure.deadline else { return lose(.deadlinePassed, at: now, into: &effects) }
        hold(until: tenure.deadline, tenure.epoch, into: &effects)
        renewIfDue(at: now, into: &effects)
    }

    /// Whether a takeover can succeed, as far as this node knows. The first record of a cluster needs no gate.
    func isPassable(_ seen: Observation) -> Bool {
        guard seen.record != nil else { return true }
        return (seen.gate ?? 0) != 0
    }

    /// Due to take over, and the gate is shut or not known.
    mutating func reachGate(_ seen: Observation, at now: Instant, into effects: inout [Effect]) {
        guard seen.gate != nil, let record = seen.record else {
            takeAt = now + Self.fullStorePause
            effects.append(.observe)
            return
        }
        role = .contender(
            send(.openGate, record, over: seen.revision, fence: .zero, at: now, into: &effects))
    }

    mutating func gateOpened(_ observation: Observation, at now: Instant, into effects: inout [Effect]) {
        // The master may have come back while this was under way.
        guard observation.revision == seen?.revision else { return }
        observe(observation, at: now, into: &effects)
    }

    /// What is in the store once the write is done.
    func observation(after write: Write, revision: Int64) -> Observation {
        switch write.kind {
        case .record(.leave): Observation(record: write.record, revision: revision, gate: seen?.gate)
        case .record(.mustBe(let gate)): Observation(record: write.record, revision: revision, gate: gate)
        case .record(.open): Observation(record: write.record, revision: revision, gate: revision)
        case .shutGate: Observation(record: write.record, revision: write.over, gate: 0)
        case .openGate: Observation(record: write.record, revision: write.over, gate: revision)
        }
    }

    /// A watch of the record does not tell of the gate: what was known of it stays.
    func withKnownGate(_ observation: Observation) -> Observation {
        guard observation.gate == nil, let known = seen?.gate else { return observation }
        return Observation(record: observation.record, revision: observation.revision, gate: known)
    }
}

extension MastershipCore.Write.Kind {
    var isShutting: Bool { if case .shutGate = self { true } else { false } }
}

extension MastershipCore.Tenure {
    var gateUse: MastershipCore.GateUse { isGateShut ? .open : .leave }
}
