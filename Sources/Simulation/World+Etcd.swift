import MastershipCore
import Primitives

/// Requests on their way through etcd, its leader, and the streams of changes.
extension World {
    var majority: Int { nodes.count / 2 + 1 }

    // MARK: Requests

    func send(_ kind: StoreModel.Request.Kind, from node: NodeModel) {
        // A connection that is refused costs nothing: the next member is asked at once.
        for _ in nodes where !nodes[node.cluster.endpoint].etcd.isRunning { advanceEndpoint(of: node) }
        let request = StoreModel.Request(
            node: node.index, clusterLife: node.cluster.process.life, storeLife: node.cluster.storeLife,
            member: node.cluster.endpoint, kind: kind)
        guard let delay = network.delay(node.index, request.member, using: &random) else { return }
        schedule(.request(request), after: delay)
    }

    private func advanceEndpoint(of node: NodeModel) {
        node.cluster.endpoint = (node.cluster.endpoint + 1) % nodes.count
    }

    func arriveAtMember(_ request: StoreModel.Request) {
        guard request.storeLife == store.life else { return }
        guard nodes[request.member].runsEtcd else { return store.waiting.append(request) }
        guard let leader = store.leader, canLead(leader),
            let there = network.delay(request.member, leader, using: &random), let acknowledged = majorityDelay(leader)
        else { return store.waiting.append(request) }
        var request = request
        request.term = store.term
        schedule(.commit(request), after: there + acknowledged)
    }

    /// Until a majority has the entry on disk.
    private func majorityDelay(_ leader: Int) -> Span? {
        var delays = [syncTime(of: leader)]
        for member in nodes where member.index != leader && member.runsEtcd {
            guard let there = network.delay(leader, member.index, using: &random),
                let back = network.delay(member.index, leader, using: &random)
            else { continue }
            delays.append(there + syncTime(of: member.index) + back)
        }
        guard delays.count >= majority else { return nil }
        return delays.sorted()[majority - 1]
    }

    private func syncTime(of member: Int) -> Span {
        let sync = Span.microseconds(300) + random.span(below: .microseconds(700))
        return nodes[member].load > .zero ? sync + random.span(below: nodes[member].load) : sync
    }

    func commit(_ request: StoreModel.Request) {
        guard request.storeLife == store.life else { return }
        guard request.term == store.term, let leader = store.leader, canLead(leader) else {
            return store.waiting.append(request)
        }
        // The request that crosses the quota is applied and answered with an error; later ones that would make the
        // store larger are refused.
        let isFull = store.noSpaces > 0
        let crosses = isFull && random.chance(1, in: 4)
        switch request.kind {
        case .read: answer(request, .observed(store.current))
        case .swap(let id, let record, let over, let gate):
            guard !isFull || crosses else { return answer(request, .writeRejected(id: id)) }
            let isDone = store.swap(record, over: over, gate: gate)
            if isDone { swapped(record) }
            answer(request, result(of: id, isDone, revision: store.key.revision, crosses: crosses))
        case .shutGate(let id, let over):
            let isDone = store.shutGate(over: over)
            note("store: n\(request.node) \(isDone ? "shuts" : "does not shut") the gate")
            answer(request, result(of: id, isDone, revision: store.key.revision, crosses: false))
        case .openGate(let id, let over):
            guard !isFull || crosses else { return answer(request, .writeRejected(id: id)) }
            let isDone = store.openGate(over: over)
            note("store: n\(request.node) \(isDone ? "opens" : "does not open") the gate")
            answer(request, result(of: id, isDone, revision: store.gate, crosses: crosses))
        }
    }

    private func result(of id: UInt64, _ isDone: Bool, revision: Int64, crosses: Bool) -> MastershipCore.Event {
        guard isDone else { return .writeRefused(id: id, current: store.current) }
        return crosses ? .writeRejected(id: id) : .writeSucceeded(id: id, revision: revision)
    }

    private func swapped(_ record: MasterRecord) {
        note("store \(store.key.revision) is \(record.node) sequence \(record.sequence) \(record.claim)")
        if record.takeoverRevision == 0 {
            checks.tookOver(store.key.epoch, by: record.node, isCalm: isCalm, at: now)
            announce("takeover by \(record.node), epoch \(store.key.epoch)")
        }
        // Other writes raise the revision too.
        defer { store.revision += Int64(random.index(below: 2)) }
        for node in nodes { pump(node) }
    }

    private func answer(_ request: StoreModel.Request, _ event: MastershipCore.Event) {
        guard let leader = store.leader, nodes[request.member].isAwake,
            let toMember = network.delay(leader, request.member, using: &random),
            let toNode = network.delay(request.member, request.node, using: &random)
        else { return }
        let node = nodes[request.node]
        let delay = toMember + toNode + wakeUpDelay(of: node)
        schedule(.arrival(node: node.index, life: request.clusterLife, event), after: delay)
    }

    // MARK: The leader

    /// Whether this member can commit: it works and reaches a working majority, both ways.
    func canLead(_ leader: Int) -> Bool {
        guard nodes[leader].runsEtcd else { return false }
        let reached = nodes.filter {
            $0.index == leader || ($0.runsEtcd && network.areConnected(leader, $0.index))
        }
        return reached.count >= majority
    }

    /// Whenever a member, a disk or a link changed.
    func reassessLeader() {
        if let leader = store.leader, canLead(leader) {
            store.isElectionPending = false
            return resumeWaiting()
        }
        guard !store.isElectionPending, nodes.contains(where: { canLead($0.index) }) else { return }
        store.isElectionPending = true
        store.term += 1
        schedule(.election(term: store.term), after: store.election + random.span(below: store.election))
    }

    func elect(term: Int) {
        guard store.isElectionPending, store.term == term else { return }
        let candidates = nodes.filter { canLead($0.index) }
        guard !candidates.isEmpty else {
            store.isElectionPending = false
            return
        }
        if random.chance(1, in: 10) {
            // The votes were split.
            return schedule(.election(term: term), after: store.election / 2 + random.span(below: store.election / 2))
        }
        store.isElectionPending = false
        store.term += 1
        store.leader = candidates[random.index(below: candidates.count)].index
        note("etcd leader is n\(store.leader ?? -1)")
        resumeWaiting()
        for node in nodes { pump(node) }
    }

    func transferLeader(to node: Int) {
        guard let leader = store.leader, leader != node, canLead(leader), canLead(node),
            network.areConnected(leader, node)
        else { return }
        store.leader = node
        store.term += 1
        resumeWaiting()
    }

    /// Some of what waited for a leader is proposed again, long after its sender gave up; the rest is lost.
    private func resumeWaiting() {
        let waiting = store.waiting
        store.waiting = []
        for request in waiting where random.chance(3, in: 4) {
            schedule(.request(request), after: random.span(below: .milliseconds(2)))
        }
    }

    // MARK: Streams of changes

    func openStream(of node: NodeModel) {
        node.stream.life += 1
        node.stream.member = node.index
        node.stream.next = store.history.count
        node.stream.notBefore = now
        node.stream.stalledUntil = now
    }

    /// Sends on what this node's stream has not brought yet.
    func pump(_ node: NodeModel) {
        guard node.cluster.process.isRunning, node.isPowered, node.cluster.storeLife == store.life,
            node.stream.next < store.history.count, now >= node.stream.stalledUntil,
            let leader = store.leader, nodes[node.stream.member].runsEtcd
        else { return }
        while node.stream.next < store.history.count {
            guard let toMember = network.delay(leader, node.stream.member, using: &random),
                let toNode = network.delay(node.stream.member, node.index, using: &random)
            else { return }
            let due = max(node.stream.notBefore, now + toMember + toNode + wakeUpDelay(of: node))
            node.stream.notBefore = due
            timeline.schedule(
                .news(node: node.index, streamLife: node.stream.life, index: node.stream.next), at: due)
            node.stream.next += 1
        }
    }

    func bringNews(_ index: Int, to node: NodeModel, streamLife: Int) {
        guard node.stream.life == streamLife, node.cluster.storeLife == store.life, node.isPowered else { return }
        arrive(.observed(store.history[index]), at: node, life: node.cluster.process.life)
    }

    /// Streams that lag are taken up again, at another member.
    func checkStreams() {
        for node in nodes where node.stream.next < store.history.count && now >= node.stream.stalledUntil {
            node.stream.member = (node.stream.member + 1) % nodes.count
            pump(node)
        }
        schedule(.streamCheck, after: .milliseconds(100))
    }
}
