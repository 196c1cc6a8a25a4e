import Primitives

extension MastershipCore {
    /// The takeover went through.
    mutating func assume(_ write: Write, _ observation: Observation, at now: Instant, into effects: inout [Effect]) {
        let epoch = observation.epoch
        remember(epoch, into: &effects)
        let deadline = deadline(of: write, at: now)
        guard now < deadline else {
            // The answer came too late to act on it; the record is this node's own and may be swapped again.
            newsAt = now
            takeAt = now + Self.retryPause
            return
        }
        role = .master(
            Tenure(
                epoch: epoch, revision: observation.revision, sequence: 0, deadline: deadline,
                renewAt: write.sentAt + pace(of: write.record.timing), inFlight: nil,
                leastFence: write.record.timing.fence, isConfirmed: false))
        effects.append(.report(.tookOver(epoch)))
        hold(until: deadline, epoch, into: &effects)
        renewIfDue(at: now, into: &effects)
    }

    mutating func renewIfDue(at now: Instant, into effects: inout [Effect]) {
        guard case .master(var tenure) = role, tenure.inFlight == nil, now >= tenure.renewAt else { return }
        let announcement = timingToAnnounce(at: now)
        // Contenders may go by the new numbers as soon as they are sent: so must the fence.
        tenure.deadline = min(tenure.deadline, now + announcement.fence)
        tenure.leastFence = min(tenure.leastFence, announcement.fence)
        tenure.sequence += 1
        let record = ownRecord(of: tenure, claim: .held, timing: announcement)
        tenure.inFlight = write(record, over: tenure.revision, gate: tenure.gateUse, at: now, into: &effects)
        tenure.renewAt = now + pace(of: announcement)
        role = .master(tenure)
    }

    mutating func renewed(
        _ tenure: Tenure, by write: Write, revision: Int64, at now: Instant, into effects: inout [Effect]
    ) {
        var tenure = tenure
        tenure.revision = revision
        tenure.leastFence = write.record.timing.fence
        tenure.isGateShut = false
        tenure.deadline = deadline(of: write, at: now)
        // A shorter timing chosen while the renewal was under way has brought the next one forward, too.
        tenure.renewAt = min(tenure.renewAt, write.sentAt + pace(of: write.record.timing))
        role = .master(tenure)
        guard now < tenure.deadline else { return lose(.deadlinePassed, at: now, into: &effects) }
        hold(until: tenure.deadline, tenure.epoch, into: &effects)
        if !tenure.isConfirmed {
            tenure.isConfirmed = true
            role = .master(tenure)
            effects.append(.startServices(tenure.epoch))
        }
        renewIfDue(at: now, into: &effects)
    }

    mutating func hold(until deadline: Instant, _ epoch: Epoch, into effects: inout [Effect]) {
        heldUntil = max(heldUntil, deadline)
        effects.append(.hold(until: deadline, epoch))
    }

    /// A shorter timing is lived by as soon as it is chosen, and announced later: so the shorter of both counts.
    func deadline(of write: Write, at now: Instant) -> Instant {
        let fence = min(write.fence, timing.fence)
        return switch fenceOrigin {
        case .send: write.sentAt + fence
        case .reply: now + fence
        }
    }

    func pace(of announced: Timing) -> Span { min(announced.renew, timing.renew) }

    /// Freezes and removes first; the record is released only once nothing answers any more.
    mutating func handOver(to successor: NodeID?, at now: Instant, into effects: inout [Effect]) {
        guard case .master(var tenure) = role, successor != node else { return }
        tenure.renewAt = now
        effects.append(.vacate(.handedOver))
        role = .departing(Departure(tenure: tenure, successor: successor, isVacated: false))
    }

    mutating func vacated(at now: Instant, into effects: inout [Effect]) {
        guard case .departing(var departure) = role else { return }
        departure.isVacated = true
        role = .departing(departure)
        release(at: now, into: &effects)
    }

    mutating func release(at now: Instant, into effects: inout [Effect]) {
        guard case .departing(var departure) = role, departure.isVacated, departure.tenure.inFlight == nil,
            now >= departure.tenure.renewAt
        else { return }
        guard now < departure.tenure.deadline else { return giveUpRelease(departure, at: now, into: &effects) }
        departure.tenure.sequence += 1
        let record = ownRecord(
            of: departure.tenure, claim: .released(to: departure.successor), timing: timingToAnnounce(at: now))
        departure.tenure.inFlight = write(
            record, over: departure.tenure.revision, gate: departure.tenure.gateUse, at: now, into: &effects)
        role = .departing(departure)
    }

    mutating func released(_ departure: Departure, at now: Instant, into effects: inout [Effect]) {
        effects.append(.report(.released(departure.tenure.epoch, to: departure.successor)))
        follow(lastHeld: departure.tenure, at: now)
    }

    /// The others find out by themselves, after `take`.
    mutating func giveUpRelease(_ departure: Departure, at now: Instant, into effects: inout [Effect]) {
        effects.append(.report(.lost(departure.tenure.epoch, .deadlinePassed)))
        follow(lastHeld: departure.tenure, at: now)
    }

    mutating func lose(_ reason: LossReason, at now: Instant, into effects: inout [Effect]) {
        guard case .master(let tenure) = role else { return }
        effects.append(.vacate(reason))
        effects.append(.report(.lost(tenure.epoch, reason)))
        follow(lastHeld: tenure, at: now)
    }

    mutating func deposed(by observation: Observation, at now: Instant, into effects: inout [Effect]) {
        switch role {
        case .master: lose(.deposed(by: observation.record?.node), at: now, into: &effects)
        case .departing(let departure): follow(lastHeld: departure.tenure, at: now)
        case .follower, .contender: break
        }
        observe(observation, at: now, into: &effects)
    }

    private func ownRecord(of tenure: Tenure, claim: MasterRecord.Claim, timing: Timing) -> MasterRecord {
        MasterRecord(
            node: node, session: session, generation: tenure.epoch.generation,
            takeoverRevision: tenure.epoch.revision, sequence: tenure.sequence, claim: claim, timing: timing)
    }
}
