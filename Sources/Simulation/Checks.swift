import MastershipCore
import Primitives

/// What must hold, judged from outside of the nodes.
struct Checks {
    private(set) var violations: [String] = []
    /// Nodes that answer for the address now.
    private var answering: [Int] = []
    private var lastEnd: (node: Int, at: Instant)?
    private(set) var leastMargin: Span?
    private var lastEpoch = Epoch.none
    private var lastMaster: NodeID?
    private(set) var takeovers = 0
    private(set) var failovers = 0
    private var answeredValues: Set<Int> = []
    private var highestAnswered = 0
    private var writesBegun = 0
    private(set) var operations = 0

    mutating func violate(_ text: String, at now: Instant) {
        guard violations.count < 10 else { return }
        violations.append("at \(now.text): \(text)")
    }

    // MARK: One node answers

    mutating func answersChanged(
        node: Int, answers: Bool, isGraceful: Bool, isExcused: (Int) -> Bool, at now: Instant
    ) {
        guard answers != answering.contains(node) else { return }
        guard answers else {
            answering.removeAll { $0 == node }
            lastEnd = isGraceful || isExcused(node) ? nil : (node, now)
            return
        }
        for other in answering where !isExcused(other) && !isExcused(node) {
            violate("n\(other) and n\(node) both answer for the address", at: now)
        }
        answering.append(node)
        guard let lastEnd, lastEnd.node != node, answering == [node], !isExcused(node) else { return }
        let margin = now - lastEnd.at
        leastMargin = min(leastMargin ?? margin, margin)
        if margin < Timing.leastMargin {
            violate("n\(node) answers only \(margin) after n\(lastEnd.node)'s last answer", at: now)
        }
    }

    /// The node hands over on purpose: nobody need wait for anything.
    mutating func isGivenUp(by node: Int) {
        if lastEnd?.node == node { lastEnd = nil }
    }

    // MARK: Epochs grow

    mutating func tookOver(_ epoch: Epoch, by node: NodeID, isCalm: Bool, at now: Instant) {
        if epoch <= lastEpoch { violate("epoch \(epoch) after \(lastEpoch)", at: now) }
        lastEpoch = max(lastEpoch, epoch)
        takeovers += 1
        if lastMaster != nil, isCalm { violate("takeover of \(epoch) by \(node) without a fault", at: now) }
        if let lastMaster, lastMaster != node { failovers += 1 }
        lastMaster = node
    }

    // MARK: The storage behind

    mutating func storageAdmitted(epoch: Epoch, wasDeposed: Bool, at now: Instant) {
        if wasDeposed { violate("the storage took a request of the deposed epoch \(epoch)", at: now) }
    }

    // MARK: The register is linearizable

    /// - Returns: the least that the operation may answer, to be handed to `answered`.
    mutating func begun(isWrite: Bool) -> Int {
        if isWrite { writesBegun += 1 }
        return highestAnswered
    }

    mutating func answered(_ value: Int, isWrite: Bool, floor: Int, at now: Instant) {
        operations += 1
        if isWrite {
            if value <= floor { violate("an increment answered \(value) after \(floor) had been seen", at: now) }
            if !answeredValues.insert(value).inserted { violate("two increments answered \(value)", at: now) }
        } else if value < floor {
            violate("a read answered \(value) after \(floor) had been seen", at: now)
        }
        if value > writesBegun { violate("\(value) answered after only \(writesBegun) increments", at: now) }
        highestAnswered = max(highestAnswered, value)
    }
}

/// How long the address was answered by nobody that a client reaches.
struct OutageMeter {
    struct Outage: Sendable {
        let span: Span
        /// What the scheme promises for it.
        let limit: Span
    }

    private var lostAt: Instant?
    private var wasEverServed = false
    private var limit: Span?
    private(set) var measured: [Outage] = []
    private(set) var planned: [Span] = []
    private var isPlanned = false

    var isServed: Bool { wasEverServed && lostAt == nil }

    /// The next outage is the work of one fault on a healthy cluster.
    mutating func expect(within limit: Span) { self.limit = limit }
    mutating func expectPlanned() { isPlanned = true }
    mutating func expectNothing() {
        limit = nil
        isPlanned = false
    }

    mutating func update(isServed: Bool, at now: Instant) {
        if isServed {
            wasEverServed = true
            guard let lost = lostAt else { return }
            lostAt = nil
            if let limit { measured.append(Outage(span: now - lost, limit: limit)) }
            if isPlanned { planned.append(now - lost) }
            expectNothing()
        } else if wasEverServed, lostAt == nil {
            lostAt = now
        }
    }
}

extension Instant {
    /// Seconds of the world with nine decimals, for traces.
    var text: String {
        let fraction = String(nanoseconds % 1_000_000_000)
        return "\(nanoseconds / 1_000_000_000)." + String(repeating: "0", count: 9 - fraction.count) + fraction
    }
}
