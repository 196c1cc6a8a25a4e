import APIProtocol
import CaptureProtocol
import ConfigurationCore
import Linux
import Logging
import MastershipCore
import MembershipCore
import NIOConcurrencyHelpers
import PlacementCore
import Primitives
import ProfileCore
import StreamProtocol

/// The master's work on where streams are kept.
extension ClusterMember {
    /// Runs while this node is master in that epoch.
    func placeStreams(in epoch: Epoch) async {
        var core = PlacementCore()
        while await Pause.survived(.milliseconds(500)) {
            do {
                try await placeOnce(&core, in: epoch)
                try await forgetOnce(in: epoch)
            } catch {
                logger.debug("the streams will be looked after again", metadata: ["error": "\(error)"])
            }
        }
    }

    private func placeOnce(_ core: inout PlacementCore, in epoch: Epoch) async throws {
        let (records, board) = (view.withLockedValue { $0.machines }, board)
        guard !records.isEmpty else { return }
        var decisions: [PlacementCore.Decision] = []
        core.step(
            .looked(nodes: placementNodes, machines: records.map { PlacementCore.Machine($0, board) }),
            at: BootClock.now, into: &decisions)
        for decision in decisions {
            // What was decided about something else is decided anew.
            guard let stored = try await store.get(MachineRecord.self, at: ClusterKeys.machine(decision.machine)),
                records.contains(stored.value)
            else { continue }
            try await carryOut(decision, over: stored, in: epoch)
        }
        if !decisions.isEmpty { try await refreshView() }
    }

    private func carryOut(
        _ decision: PlacementCore.Decision, over stored: Stored<MachineRecord>, in epoch: Epoch
    ) async throws {
        guard let receiver = place(decision.receiver) else { return }
        var record = stored.value
        record.assignment.receiver = receiver
        record.assignment.second = decision.second.flatMap { place($0) }
        record.isLevel = decision.isLevel
        record.assignment.level = decision.level(wished: record.wish)
        record.renumber(in: epoch)
        try await store.change(
            [.put(record, at: stored.key)], if: [.unchanged(stored.key, stored.modified)], by: epoch)
        tell(decision, record)
    }

    private func tell(_ decision: PlacementCore.Decision, _ record: MachineRecord) {
        var filling = placeNames(record.assignment)
        let kind: EventKind
        switch decision.reason {
        case .receiverLost(let lost):
            kind = .receiverReplaced
            filling["lost"] = name(of: lost)
        case .secondLost(let lost):
            kind = record.assignment.second == nil ? .secondLost : .secondReplaced
            filling["lost"] = name(of: lost)
        case .drained(let left):
            kind = .streamDrained
            filling["lost"] = name(of: left)
        case .secondFound: kind = .secondFound
        case .caughtUp: kind = .secondLevel
        case .wished: return  // Whoever wished it is in the events already.
        }
        journal.record(kind, filling)
    }

    /// For events.
    func placeNames(_ assignment: StreamAssignment) -> [String: String] {
        var filling = ["machine": assignment.name, "receiver": name(of: assignment.receiver.node)]
        if let second = assignment.second {
            filling["second"] = name(of: second.node)
        } else {
            filling["second"] = "no other node"
            filling["second.key"] = "machine.nobody"
        }
        return filling
    }

    var placementNodes: [PlacementCore.Node] {
        let (records, take) = view.withLockedValue { ($0.nodes, $0.activeProfile.timing.take) }
        let patience = max(HeartbeatBook.silentAfter, take)
        return zip(records, planNodes(records)).map { record, plan in
            let report = book.withLockedValue { $0.last(of: record.id)?.report }
            return PlacementCore.Node(
                id: record.id, isLost: plan.silentFor > patience, isDrained: record.isDrained,
                keepsData: !record.isWitness, free: report.map { Self.free($0.resources) },
                domain: plan.domain ?? "")
        }
    }

    private static func free(_ resources: NodeResources) -> Double {
        guard resources.diskTotalBytes > 0 else { return 1 }
        return 1 - min(1, Double(resources.diskUsedBytes) / Double(resources.diskTotalBytes))
    }

    /// - Returns: nil for what is no node any more.
    func place(_ node: NodeID) -> StreamAssignment.Place? {
        guard let record = view.withLockedValue({ $0.node(node) }) else { return nil }
        let host = record.address.isIPv4 ? "\(record.address)" : "[\(record.address)]"
        return StreamAssignment.Place(node: node, address: "\(host):\(configuration.capturePort)")
    }

    /// Data of machines that are no longer protected goes from node after node, as they are there.
    private func forgetOnce(in epoch: Epoch) async throws {
        guard view.withLockedValue({ $0.isForgetting }) else { return }
        let present = Set(placementNodes.filter { !$0.isLost }.map(\.id))
        let nodes = Set(view.withLockedValue { $0.nodes.map(\.id) })
        for stored in try await store.list(ForgottenMachine.self, under: ClusterKeys.forgotten) {
            var left = stored.value
            left.nodes.removeAll { !nodes.contains($0) }
            for node in left.nodes where present.contains(node) {
                do {
                    try await order(.forget(left.machine), of: node, about: "\(left.machine)")
                } catch let error as APIError where error.parameters["reason.key"] == "capture.unknownMachine" {
                    logger.debug("\(name(of: node)) keeps nothing of \(left.machine)")
                } catch {
                    logger.debug("data stays for a while", metadata: ["error": "\(error)"])
                    continue
                }
                left.nodes.removeAll { $0 == node }
            }
            guard left != stored.value else { continue }
            let change: Change = left.nodes.isEmpty ? .delete(stored.key) : .put(left, at: stored.key)
            try await store.change([change], if: [.unchanged(stored.key, stored.modified)], by: epoch)
        }
    }
}

extension PlacementCore.Machine {
    init(_ record: MachineRecord, _ board: StreamBoard) {
        self.init(
            id: record.id, receiver: record.assignment.receiver.node, second: record.assignment.second?.node,
            level: record.assignment.level, wish: record.wish, isLevel: record.isLevel,
            isReplicated: board.isReplicated(record), current: board.current(of: record),
            copies: board.copies(of: record.id))
    }
}
