import CaptureProtocol
import Primitives
import StreamProtocol

/// Which two nodes keep the stream of each protected machine. What is there stays; a node that is lost is replaced, a
/// drained one is left when that costs no copy. One look after the other: the core keeps only what it needs so that a
/// node that comes and goes is not decided about again and again.
public struct PlacementCore: Sendable {
    public enum Event: Sendable {
        /// What the master knows at this moment: all nodes, all machines.
        case looked(nodes: [Node], machines: [Machine])
    }

    /// To be written down, guarded, with the next epoch of the assignment.
    public struct Decision: Equatable, Sendable {
        public var machine: MachineID
        public var receiver: NodeID
        public var second: NodeID?
        public var isLevel: Bool
        public var reason: Reason

        /// What frees data at the source, when the user wishes for this level.
        public func level(wished wish: AcknowledgementLevel) -> AcknowledgementLevel {
            PlacementCore.level(wish, second: second, isLevel: isLevel)
        }
    }

    public enum Reason: Equatable, Sendable {
        /// The survivor receives.
        case receiverLost(NodeID)
        case secondLost(NodeID)
        /// There was no second node, now there is.
        case secondFound
        /// The second node holds everything that the receiver holds.
        case caughtUp
        /// Its streams leave a node on which somebody will work.
        case drained(NodeID)
        /// The user wishes for another level.
        case wished
    }

    /// A node that comes back is used again when it was heard for so long.
    public static let settling = Span.seconds(15)
    /// A node that was lost is lost again only after so long.
    public static let period = Span.seconds(60)
    /// A second node that does not hold everything yet takes a lost receiver's place only after so long: until then the
    /// receiver may come back with what only it has. One to which the source streams has what the source has.
    public static let patience = Span.seconds(120)

    private var nodes: [NodeID: Memory] = [:]
    private var hasLooked = false

    /// What is remembered of a node.
    private struct Memory: Sendable {
        var heardSince: Instant?
        var lostSince: Instant?
        /// When its loss was last decided about.
        var decidedAt: Instant?
    }

    public init() {}

    /// The level that is used: data is not kept back at the source for a second node that is only being built.
    public static func level(
        _ wish: AcknowledgementLevel, second: NodeID?, isLevel: Bool
    ) -> AcknowledgementLevel {
        wish == .replicated && second != nil && isLevel ? .replicated : .durable
    }

    public mutating func step(_ event: Event, at now: Instant, into decisions: inout [Decision]) {
        switch event {
        case .looked(let present, let machines):
            remember(present, at: now)
            var board = Board(nodes: present, machines: machines, resting: resting(present, at: now))
            for machine in machines.sorted(by: { $0.id < $1.id }) {
                guard let decision = decide(machine, &board, at: now) else { continue }
                board.apply(decision, over: machine)
                if case .receiverLost(let node) = decision.reason { nodes[node]?.decidedAt = now }
                if case .secondLost(let node) = decision.reason { nodes[node]?.decidedAt = now }
                decisions.append(decision)
            }
        }
    }

    private mutating func remember(_ present: [Node], at now: Instant) {
        var fresh: [NodeID: Memory] = [:]
        for node in present {
            var memory = nodes[node.id] ?? Memory()
            if node.isLost {
                memory.lostSince = memory.lostSince ?? now
                memory.heardSince = nil
            } else {
                // Whoever becomes master has no reason to doubt the nodes that it hears.
                memory.heardSince = memory.heardSince ?? (hasLooked ? now : now - Self.settling)
                memory.lostSince = nil
            }
            fresh[node.id] = memory
        }
        nodes = fresh
        hasLooked = true
    }

    /// Nodes that are not chosen anew yet.
    private func resting(_ present: [Node], at now: Instant) -> Set<NodeID> {
        Set(
            present.map(\.id).filter { id in
                guard let memory = nodes[id], let heard = memory.heardSince else { return true }
                let isSettled = now - heard >= Self.settling
                let isRested = memory.decidedAt.map { now - $0 >= Self.period } ?? true
                return !isSettled || !isRested
            })
    }
}

extension PlacementCore {
    private func decide(_ machine: Machine, _ board: inout Board, at now: Instant) -> Decision? {
        if !board.isPresent(machine.receiver) { return replaceReceiver(of: machine, board, at: now) }
        if let second = machine.second, !board.isPresent(second) {
            let heir = board.second(for: machine, besides: machine.receiver)
            return Decision(
                machine: machine.id, receiver: machine.receiver, second: heir, isLevel: false,
                reason: .secondLost(second))
        }
        if machine.second == nil {
            guard let found = board.second(for: machine, besides: machine.receiver) else { return wished(machine) }
            return Decision(
                machine: machine.id, receiver: machine.receiver, second: found, isLevel: false, reason: .secondFound)
        }
        return drain(machine, board) ?? catchUp(machine) ?? wished(machine)
    }

    private func replaceReceiver(of machine: Machine, _ board: Board, at now: Instant) -> Decision? {
        let lost = machine.receiver
        guard let survivor = machine.second, board.isPresent(survivor) else {
            // Both are away. One that is no node any more will not come back.
            guard !board.exists(lost), machine.second.map({ !board.exists($0) }) ?? true,
                let pair = board.pair(for: machine)
            else { return nil }
            return Decision(
                machine: machine.id, receiver: pair.receiver, second: pair.second, isLevel: pair.second != nil,
                reason: .receiverLost(lost))
        }
        if !machine.isLevel, machine.current != survivor, board.exists(lost) {
            guard let since = nodes[lost]?.lostSince, now - since >= Self.patience else { return nil }
        }
        let heir = board.second(for: machine, besides: survivor)
        return Decision(
            machine: machine.id, receiver: survivor, second: heir, isLevel: false, reason: .receiverLost(lost))
    }

    private func drain(_ machine: Machine, _ board: Board) -> Decision? {
        guard let second = machine.second else { return nil }
        if board.isDrained(machine.receiver) {
            guard machine.isLevel, !board.isDrained(second) else { return nil }
            // Better two copies on a node that is drained than one.
            let heir = board.second(for: machine, besides: second)
            return Decision(
                machine: machine.id, receiver: second, second: heir ?? machine.receiver, isLevel: heir == nil,
                reason: .drained(machine.receiver))
        }
        guard board.isDrained(second), let heir = board.second(for: machine, besides: machine.receiver) else {
            return nil
        }
        return Decision(
            machine: machine.id, receiver: machine.receiver, second: heir, isLevel: false, reason: .drained(second))
    }

    private func catchUp(_ machine: Machine) -> Decision? {
        guard !machine.isLevel, machine.isReplicated else { return nil }
        return Decision(
            machine: machine.id, receiver: machine.receiver, second: machine.second, isLevel: true, reason: .caughtUp)
    }

    private func wished(_ machine: Machine) -> Decision? {
        let wanted = Self.level(machine.wish, second: machine.second, isLevel: machine.isLevel)
        guard wanted != machine.level else { return nil }
        return Decision(
            machine: machine.id, receiver: machine.receiver, second: machine.second, isLevel: machine.isLevel,
            reason: .wished)
    }
}
