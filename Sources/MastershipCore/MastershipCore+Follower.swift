import Primitives

extension MastershipCore {
    /// News of the key, from a read, a watch or a refused swap. What is not newer is no news.
    mutating func observe(_ observation: Observation, at now: Instant, into effects: inout [Effect]) {
        let observation = withKnownGate(observation)
        guard isNews(observation) else { return }
        switch role {
        case .master, .departing:
            if observation.record?.session == session { return }
            return deposed(by: observation, at: now, into: &effects)
        case .follower, .contender: break
        }
        seen = observation
        newsAt = now
        takeAt = now + waitAfterNews(observation)
        remember(observation.epoch, into: &effects)
        act(at: now, into: &effects)
    }

    /// Newer than what was seen: by revision, and across a restore from a backup by generation.
    func isNews(_ observation: Observation) -> Bool {
        guard let seen else { return true }
        let generation = observation.record?.generation ?? 0
        let seenGeneration = seen.record?.generation ?? 0
        if generation == seenGeneration, observation.revision == seen.revision {
            return observation.gate != nil && observation.gate != seen.gate
        }
        return (generation, observation.revision) > (seenGeneration, seen.revision)
    }

    /// How long a voter leaves the record alone.
    private mutating func waitAfterNews(_ observation: Observation) -> Span {
        guard let record = observation.record else {
            // A new cluster has no master to wait for; a key that vanished may still have one.
            return highest == .none ? .zero : timing.take + random.span(below: timing.spread)
        }
        let fullWait = record.timing.take + random.span(below: record.timing.spread)
        switch record.claim {
        case .held:
            // This very daemon's: it holds nothing any more, and nobody else can.
            return record.session == session ? .zero : fullWait
        case .released(let successor):
            if successor == node { return .zero }
            if record.session == session { return fullWait }  // given up: the others go first
            if successor == nil { return .zero }
            return Self.successorHeadStart + random.span(below: record.timing.spread)
        }
    }

    mutating func contendIfDue(at now: Instant, into effects: inout [Effect]) {
        guard standing, now >= takeAt, let seen else { return }
        guard !isOlderThanRemembered(seen) else {
            takeAt = .distantFuture
            effects.append(.report(.storeWentBackwards(seen: seen.epoch, highest: highest)))
            return
        }
        guard isPassable(seen) else { return reachGate(seen, at: now, into: &effects) }
        // A master that was lost may have slowed down for what still goes on: its successor begins no faster.
        if let last = seen.record, last.claim == .held, last.timing.fence > timing.fence { timing = last.timing }
        let record = MasterRecord(
            node: node, session: session, generation: max(generation, seen.record?.generation ?? 0),
            takeoverRevision: 0, sequence: 0, claim: .held, timing: timingToAnnounce(at: now))
        if reportedLapse != seen.revision {
            reportedLapse = seen.revision
            effects.append(.report(.contending(Lapse(previous: seen.record, newsAt: newsAt, contendedAt: now))))
        }
        let gate = seen.record == nil ? GateUse.open : .mustBe(seen.gate ?? 0)
        role = .contender(write(record, over: seen.revision, gate: gate, at: now, into: &effects))
    }

    /// The store was restored without its generation being raised: taking over would reuse epochs.
    private func isOlderThanRemembered(_ observation: Observation) -> Bool {
        max(generation, observation.epoch.generation) == highest.generation
            && observation.revision < highest.revision
    }

    mutating func remember(_ epoch: Epoch, into effects: inout [Effect]) {
        guard epoch > highest else { return }
        highest = epoch
        generation = max(generation, epoch.generation)
        effects.append(.remember(epoch))
    }

    /// Back among the others; the own last record is news as of now, so that the full wait begins.
    mutating func follow(lastHeld tenure: Tenure, at now: Instant) {
        role = .follower
        newsAt = now
        let wait = (seen?.record?.timing ?? timing).take + timing.spread
        takeAt = now + wait + random.span(below: timing.spread)
    }
}
