import CaptureProtocol
import Primitives
import StreamProtocol

extension PlacementCore {
    /// A node as the master sees it.
    public struct Node: Equatable, Sendable {
        public var id: NodeID
        /// Silent for longer than a node may be.
        public var isLost: Bool
        public var isDrained: Bool
        /// A witness keeps none.
        public var keepsData: Bool
        /// Share of its disk that is free, 0 to 1; nil before it has reported.
        public var free: Double?
        /// What fails together with it; empty when nobody has said.
        public var domain: String

        public init(
            id: NodeID, isLost: Bool = false, isDrained: Bool = false, keepsData: Bool = true, free: Double? = 1,
            domain: String = ""
        ) {
            self.id = id
            self.isLost = isLost
            self.isDrained = isDrained
            self.keepsData = keepsData
            self.free = free
            self.domain = domain
        }
    }

    /// A protected machine as it is assigned, and what is known of its copies.
    public struct Machine: Equatable, Sendable {
        public var id: MachineID
        public var receiver: NodeID
        public var second: NodeID?
        public var level: AcknowledgementLevel
        /// What the user asked for.
        public var wish: AcknowledgementLevel
        /// Whether the second node was once seen to hold everything since it was assigned.
        public var isLevel: Bool
        /// Whether it does so now.
        public var isReplicated: Bool
        /// The node to which the source streams, when it has nothing to bring it by a copy or resync.
        public var current: NodeID?
        /// Nodes that hold a copy, however old.
        public var copies: Set<NodeID>

        public init(
            id: MachineID, receiver: NodeID, second: NodeID?, level: AcknowledgementLevel, wish: AcknowledgementLevel,
            isLevel: Bool, isReplicated: Bool = false, current: NodeID? = nil,
            copies: Set<NodeID> = []
        ) {
            self.id = id
            self.receiver = receiver
            self.second = second
            self.level = level
            self.wish = wish
            self.isLevel = isLevel
            self.isReplicated = isReplicated
            self.current = current
            self.copies = copies
        }
    }

    /// Where a machine is kept that is protected just now.
    /// - Returns: nil when no node keeps data.
    public static func place(nodes: [Node], machines: [Machine]) -> (receiver: NodeID, second: NodeID?)? {
        Board(nodes: nodes, machines: machines, resting: []).pair(for: nil)
    }

    /// The nodes and what they carry, while one look is decided about.
    struct Board {
        /// A disk with less free is used only when there is no other.
        static let leastFree = 0.05

        private let nodes: [Node]
        private let resting: Set<NodeID>
        private var receiving: [NodeID: Int] = [:]
        private var keeping: [NodeID: Int] = [:]

        init(nodes: [Node], machines: [Machine], resting: Set<NodeID>) {
            self.nodes = nodes
            self.resting = resting
            for machine in machines { count(machine.receiver, machine.second, by: 1) }
        }

        private mutating func count(_ receiver: NodeID, _ second: NodeID?, by step: Int) {
            receiving[receiver, default: 0] += step
            keeping[receiver, default: 0] += step
            if let second { keeping[second, default: 0] += step }
        }

        mutating func apply(_ decision: Decision, over machine: Machine) {
            count(machine.receiver, machine.second, by: -1)
            count(decision.receiver, decision.second, by: 1)
        }

        private func node(_ id: NodeID) -> Node? { nodes.first { $0.id == id } }
        func exists(_ id: NodeID) -> Bool { node(id) != nil }
        func isPresent(_ id: NodeID) -> Bool { node(id)?.isLost == false }
        func isDrained(_ id: NodeID) -> Bool { node(id)?.isDrained == true }

        private var candidates: [Node] {
            nodes.filter { $0.keepsData && !$0.isLost && !$0.isDrained && $0.free != nil && !resting.contains($0.id) }
        }

        func pair(for machine: Machine?) -> (receiver: NodeID, second: NodeID?)? {
            let receiver = candidates.min {
                Rank(self, $0, copies: machine?.copies, receives: true)
                    < Rank(self, $1, copies: machine?.copies, receives: true)
            }
            return receiver.map { ($0.id, second(for: machine, besides: $0.id)) }
        }

        /// Who keeps the second copy beside this receiver.
        func second(for machine: Machine?, besides receiver: NodeID) -> NodeID? {
            let domain = node(receiver)?.domain
            return candidates.filter { $0.id != receiver }.min {
                Rank(self, $0, copies: machine?.copies, apartFrom: domain)
                    < Rank(self, $1, copies: machine?.copies, apartFrom: domain)
            }?.id
        }

        /// In which order nodes are chosen; the lowest first.
        private struct Rank: Comparable {
            /// A copy is there, another failure domain, room on the disk, few streams received and few at all; for the
            /// second node few at all goes first.
            let costs: [Int]
            let free: Double
            let id: NodeID

            init(
                _ board: Board, _ node: Node, copies: Set<NodeID>?, receives: Bool = false,
                apartFrom domain: String? = nil
            ) {
                let load = [board.receiving[node.id] ?? 0, board.keeping[node.id] ?? 0]
                let sharesDomain = domain.map { !$0.isEmpty && $0 == node.domain } ?? false
                costs =
                    [
                        copies?.contains(node.id) == true ? 0 : 1, sharesDomain ? 1 : 0,
                        node.free ?? 0 < Board.leastFree ? 1 : 0,
                    ] + (receives ? load : load.reversed())
                free = node.free ?? 0
                id = node.id
            }

            static func < (left: Rank, right: Rank) -> Bool {
                if left.costs != right.costs { return left.costs.lexicographicallyPrecedes(right.costs) }
                return left.free == right.free ? left.id < right.id : left.free > right.free
            }
        }
    }
}

extension MachineID {
    static func < (left: MachineID, right: MachineID) -> Bool {
        (left.high, left.low) < (right.high, right.low)
    }
}
