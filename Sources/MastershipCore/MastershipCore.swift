import Primitives

/// Who is master, decided by compare-and-swap on one key and by this machine's own clock; no lease, no wall clock.
///
/// The rules, in the order in which they protect:
/// 1. A master's deadline is the *sending* of its last acknowledged renewal plus the fence of that record.
/// 2. A contender swaps only the record that it last saw, `take` (of that very record) after it saw it.
/// 3. Seeing is later than sending and `take` is longer than `fence`, so the old master is cut off before.
/// 4. A shorter `take` is announced only once no hold longer than its `fence` can be left in the kernel: the process
///    that tends the kernel may be stopped and never hear of a shorter one.
/// 5. While the store is full a master shuts the gate instead of renewing (MastershipCore+Gate.swift).
/// 6. Whatever stores something checks the epoch: that protects data even when a clock lied.
///
/// All input is `Event`s, all output `Effect`s, to be performed in their order. At most one write is in flight.
public struct MastershipCore: Sendable {
    /// When the fence begins to count. Only the simulator plants `.reply`, to prove that it notices.
    package enum FenceOrigin: Sendable { case send, reply }
    /// When a shorter timing is announced. Only the simulator plants `.atOnce`.
    package enum Announcement: Sendable { case afterLongerHolds, atOnce }

    public let node: NodeID
    public let session: UInt64
    package var fenceOrigin = FenceOrigin.send
    package var announcement = Announcement.afterLongerHolds

    public internal(set) var role = Role.follower
    /// The newest observation, from whichever source.
    public internal(set) var seen: Observation?
    /// The highest epoch that this node ever saw; kept in a local file.
    public internal(set) var highest: Epoch

    var generation: UInt64
    var timing: Timing
    var random: SeededRandom
    /// Whether this node may become master: a voter whose local probes are fine.
    var standing = false
    var newsAt = Instant(nanoseconds: 0)
    var takeAt = Instant.distantFuture
    var lastWrite: UInt64 = 0
    /// The timing of the last record that this node wrote.
    var announced: Timing
    /// The latest moment at which the kernel may still let traffic pass, by any `hold` so far.
    var heldUntil = Instant(nanoseconds: 0)
    /// The revision whose lapse was reported: retries are not news.
    var reportedLapse: Int64 = -1

    /// A new cluster's first takeover, and a named successor's head start over the others.
    static let successorHeadStart = Span.milliseconds(300)
    /// Pause after a write whose outcome is unknown, so that a refused connection is not tried in a hot loop.
    static let retryPause = Span.milliseconds(10)

    /// - Parameters:
    ///   - session: random, new at each start of the daemon.
    ///   - generation: from the local file; recovery from a backup raises it by one.
    ///   - highest: the highest epoch that this node ever saw, from the local file.
    ///   - timing: used when this node becomes master.
    public init(
        node: NodeID, session: UInt64, generation: UInt64, highest: Epoch, timing: Timing, seed: UInt64
    ) {
        self.node = node
        self.session = session
        self.generation = max(generation, highest.generation)
        self.highest = highest
        self.timing = timing
        self.announced = timing
        self.random = SeededRandom(seed: seed)
    }

    /// The epoch of this node's mastership; nil unless it is master and within its deadline as of the last event.
    public var tenureEpoch: Epoch? {
        if case .master(let tenure) = role { tenure.epoch } else { nil }
    }

    public mutating func step(_ event: Event, at now: Instant, into effects: inout [Effect]) {
        if case .master(let tenure) = role, now >= tenure.deadline {
            lose(.deadlinePassed, at: now, into: &effects)
        }
        switch event {
        case .started: effects.append(.observe)
        case .observed(let observation): observe(observation, at: now, into: &effects)
        case .observeFailed: effects.append(.observe)
        case .writeSucceeded(let id, let revision):
            guard let write = finish(id) else { break }
            succeeded(write, revision: revision, at: now, into: &effects)
        case .writeRefused(let id, let current):
            guard let write = finish(id) else { break }
            refused(write, current, at: now, into: &effects)
        case .writeUnknown(let id):
            guard let write = finish(id) else { break }
            outcomeUnknown(write, at: now, into: &effects)
        case .writeRejected(let id):
            guard let write = finish(id) else { break }
            rejected(write, at: now, into: &effects)
        case .standingChanged(let value):
            standing = value
            act(at: now, into: &effects)
        case .timingChosen(let value): timing = value
        case .handOverRequested(let successor): handOver(to: successor, at: now, into: &effects)
        case .vacated: vacated(at: now, into: &effects)
        case .wake: act(at: now, into: &effects)
        }
        scheduleWake(into: &effects)
    }

    /// What is due by the clock.
    mutating func act(at now: Instant, into effects: inout [Effect]) {
        switch role {
        case .follower: contendIfDue(at: now, into: &effects)
        case .contender: break
        case .master: renewIfDue(at: now, into: &effects)
        case .departing(let departure):
            guard now >= departure.tenure.deadline else { return release(at: now, into: &effects) }
            giveUpRelease(departure, at: now, into: &effects)
        }
    }

    private func scheduleWake(into effects: inout [Effect]) {
        switch role {
        case .follower: if standing, takeAt < .distantFuture { effects.append(.wake(at: takeAt)) }
        case .contender: break
        case .master(let tenure):
            let due = tenure.inFlight == nil ? min(tenure.renewAt, tenure.deadline) : tenure.deadline
            effects.append(.wake(at: due))
        case .departing(let departure):
            let tenure = departure.tenure
            let canRelease = departure.isVacated && tenure.inFlight == nil
            effects.append(.wake(at: canRelease ? min(tenure.renewAt, tenure.deadline) : tenure.deadline))
        }
    }

    // MARK: Writes

    mutating func write(
        _ record: MasterRecord, over revision: Int64, gate: GateUse, at now: Instant, into effects: inout [Effect]
    ) -> Write {
        announced = record.timing
        return send(.record(gate), record, over: revision, fence: record.timing.fence, at: now, into: &effects)
    }

    mutating func send(
        _ kind: Write.Kind, _ record: MasterRecord, over revision: Int64, fence: Span, at now: Instant,
        into effects: inout [Effect]
    ) -> Write {
        lastWrite += 1
        let write = Write(id: lastWrite, kind: kind, record: record, over: revision, fence: fence, sentAt: now)
        let limit = min(record.timing.attemptLimit, timing.attemptLimit)
        switch kind {
        case .record(let gate):
            effects.append(.write(id: write.id, record, over: revision, gate: gate, limit: limit))
        case .shutGate: effects.append(.shutGate(id: write.id, over: revision, limit: limit))
        case .openGate: effects.append(.openGate(id: write.id, over: revision, limit: limit))
        }
        return write
    }

    /// What the next record says: the chosen timing, or the old one while a longer hold may still be in the kernel.
    func timingToAnnounce(at now: Instant) -> Timing {
        heldUntil <= now + timing.fence || announcement == .atOnce ? timing : announced
    }

    /// Takes the write out of flight; nil when it is not the one in flight (a late answer after a change of role).
    private mutating func finish(_ id: UInt64) -> Write? {
        switch role {
        case .follower: return nil
        case .contender(let write):
            return write.id == id ? write : nil
        case .master(var tenure):
            guard let write = tenure.inFlight, write.id == id else { return nil }
            tenure.inFlight = nil
            role = .master(tenure)
            return write
        case .departing(var departure):
            guard let write = departure.tenure.inFlight, write.id == id else { return nil }
            departure.tenure.inFlight = nil
            role = .departing(departure)
            return write
        }
    }

    private mutating func succeeded(_ write: Write, revision: Int64, at now: Instant, into effects: inout [Effect]) {
        let observation = observation(after: write, revision: revision)
        switch role {
        case .follower: break
        case .contender:
            role = .follower
            if case .openGate = write.kind { return gateOpened(observation, at: now, into: &effects) }
            // A watch was faster than this answer and showed the next master.
            guard isNews(observation) || seen == observation else { return }
            seen = observation
            assume(write, observation, at: now, into: &effects)
        case .master(let tenure):
            seen = observation
            if case .shutGate = write.kind { return gateShut(tenure, by: write, at: now, into: &effects) }
            renewed(tenure, by: write, revision: revision, at: now, into: &effects)
        case .departing(var departure):
            seen = observation
            departure.tenure.revision = revision
            role = .departing(departure)
            if case .released = write.record.claim { return released(departure, at: now, into: &effects) }
            release(at: now, into: &effects)
        }
    }

    private mutating func refused(
        _ write: Write, _ current: Observation, at now: Instant, into effects: inout [Effect]
    ) {
        let wentBackwards = current.revision < write.over && !isNews(current)
        if wentBackwards { effects.append(.report(.storeWentBackwards(seen: current.epoch, highest: highest))) }
        switch role {
        case .follower: break
        case .contender:
            role = .follower
            // Never earlier than what news in the meantime has set.
            takeAt = max(takeAt, now + Self.retryPause + random.span(below: Self.retryPause))
            if wentBackwards { takeAt = .distantFuture }
            observe(current, at: now, into: &effects)
        case .master(var tenure):
            guard isOwn(current, of: tenure), !wentBackwards else {
                return deposed(by: current, at: now, into: &effects)
            }
            // An earlier renewal whose answer was lost had landed: go on from there, the deadline stays.
            tenure.revision = current.revision
            tenure.leastFence = current.record?.timing.fence ?? tenure.leastFence
            tenure.renewAt = now
            role = .master(tenure)
            seen = current
            renewIfDue(at: now, into: &effects)
        case .departing(var departure):
            guard isOwn(current, of: departure.tenure), !wentBackwards else {
                return deposed(by: current, at: now, into: &effects)
            }
            seen = current
            departure.tenure.revision = current.revision
            role = .departing(departure)
            if case .released = current.record?.claim { return released(departure, at: now, into: &effects) }
            release(at: now, into: &effects)
        }
    }

    mutating func outcomeUnknown(_ write: Write, at now: Instant, into effects: inout [Effect]) {
        let retryAt = max(now, write.sentAt + Self.retryPause)
        switch role {
        case .follower: break
        case .contender:
            role = .follower
            // Never earlier than what news in the meantime has set.
            takeAt = max(takeAt, retryAt + random.span(below: Self.retryPause))
        case .master(var tenure):
            tenure.renewAt = retryAt
            role = .master(tenure)
            renewIfDue(at: now, into: &effects)
        case .departing(var departure):
            departure.tenure.renewAt = retryAt
            role = .departing(departure)
            release(at: now, into: &effects)
        }
    }

    private func isOwn(_ observation: Observation, of tenure: Tenure) -> Bool {
        observation.record?.session == session && observation.epoch == tenure.epoch
    }
}
