import MastershipCore
import Primitives
import ProfileCore
import VIPCore
import VIPProtocol

/// The cluster daemon of each node: the service loop around the real core.
extension World {
    func startCluster(_ node: NodeModel) {
        node.cluster.process.isRunning = true
        node.cluster.process.life += 1
        node.cluster.client = node.cluster.process.life
        node.cluster.heldEpoch = .none
        node.cluster.mailbox = []
        node.cluster.endpoint = node.index
        node.cluster.openWrite = 0
        node.cluster.lastAcknowledgedSentAt = nil
        node.cluster.storeLife = store.life
        stopService(of: node)
        let local = node.clock.local(at: now)
        node.cluster.profile = ProfileCore(profile: profile, at: local)
        var core = MastershipCore(
            node: node.identity, session: random.next(), generation: node.generation, highest: node.highest,
            timing: profile.timing, seed: random.next())
        if plant == .fenceFromReply { core.fenceOrigin = .reply }
        if plant == .announcedAtOnce { core.announcement = .atOnce }
        node.cluster.core = core
        openStream(of: node)
        step(node, .started)
        step(node, .standingChanged(node.canBeMaster && node.cluster.passesProbes))
    }

    func killCluster(_ node: NodeModel) {
        guard node.cluster.process.isRunning else { return }
        node.cluster.process.isRunning = false
        node.cluster.process.stops = 0
        node.cluster.process.life += 1
        node.cluster.core = nil
        node.cluster.awaitsDrop = false
        send(.clientLeft(VIPCore.Client(node.cluster.client)), toVIPOf: node)
    }

    /// Something for the daemon's mailbox.
    func arrive(_ event: MastershipCore.Event, at node: NodeModel, life: Int) {
        guard node.cluster.process.life == life, node.isPowered else { return }
        switch event {
        case .writeSucceeded(let id, _), .writeRefused(let id, _), .writeRejected(let id):
            // An answer that comes after its attempt was given up reaches nobody.
            guard node.cluster.openWrite == id else { return }
            node.cluster.openWrite = 0
        default: break
        }
        guard node.runsCluster else { return node.cluster.mailbox.append(event) }
        step(node, event)
    }

    func wakeCluster(_ node: NodeModel, life: Int, version: Int) {
        guard node.cluster.process.life == life, node.cluster.wakeVersion == version, node.isPowered else { return }
        guard node.runsCluster else { return node.cluster.mailbox.append(.wake) }
        step(node, .wake)
    }

    /// What piled up while the daemon was stopped.
    func drainMailbox(of node: NodeModel) {
        guard node.runsCluster else { return }
        let mailbox = node.cluster.mailbox
        node.cluster.mailbox = []
        for event in mailbox { step(node, event) }
    }

    func endAttempt(_ write: UInt64, of node: NodeModel, life: Int) {
        guard node.cluster.process.life == life, node.cluster.openWrite == write, node.isPowered else { return }
        node.cluster.openWrite = 0
        node.cluster.endpoint = (node.cluster.endpoint + 1) % nodes.count
        arrive(.writeUnknown(id: write), at: node, life: life)
    }

    func endRead(of node: NodeModel, life: Int) {
        guard node.cluster.process.life == life, node.isPowered, node.cluster.core?.seen == nil else { return }
        node.cluster.endpoint = (node.cluster.endpoint + 1) % nodes.count
        arrive(.observeFailed, at: node, life: life)
    }

    func step(_ node: NodeModel, _ event: MastershipCore.Event) {
        guard let core = node.cluster.core else { return }
        follow(event, of: node, isMaster: core.tenureEpoch != nil)
        var effects: [MastershipCore.Effect] = []
        node.cluster.core?.step(event, at: node.clock.local(at: now), into: &effects)
        note("n\(node.index) \(event.text)")
        for effect in effects { perform(effect, on: node) }
        if node.cluster.openWrite != 0 { stopInMidWrite(node) }
    }

    private func perform(_ effect: MastershipCore.Effect, on node: NodeModel) {
        let life = node.cluster.process.life
        switch effect {
        case .observe:
            send(.read, from: node)
            schedule(.readEnd(node: node.index, life: life), after: .milliseconds(200))
        case .write(let id, let record, let over, let gate, let limit):
            attempt(.swap(id: id, record, over: over, gate: gate), id, within: limit, by: node)
        case .shutGate(let id, let over, let limit):
            attempt(.shutGate(id: id, over: over), id, within: limit, by: node)
        case .openGate(let id, let over, let limit):
            attempt(.openGate(id: id, over: over), id, within: limit, by: node)
        case .hold(let deadline, let epoch):
            node.isHandingOver = false
            node.cluster.heldEpoch = epoch
            request(.hold(epoch: epoch, deadline: deadline, addresses: [Self.address]), of: node)
        case .vacate(let reason):
            node.isHandingOver = reason == .handedOver
            if node.isHandingOver { checks.isGivenUp(by: node.index) }
            stopService(of: node)
            node.cluster.awaitsDrop = true
            request(.drop(epoch: node.cluster.heldEpoch), of: node)
        case .startServices(let epoch): startService(of: node, epoch)
        case .remember(let epoch):
            node.highest = max(node.highest, epoch)
            node.generation = max(node.generation, epoch.generation)
        case .wake(let local):
            node.cluster.wakeVersion += 1
            let due = max(now, node.clock.world(at: local)) + wakeUpDelay(of: node)
            timeline.schedule(
                .clusterWake(node: node.index, life: life, version: node.cluster.wakeVersion), at: due)
        case .report(let report):
            note("n\(node.index) \(report.text)")
            if case .tookOver = report {
                schedule(
                    .leaderTransfer(to: node.index), after: .milliseconds(3) + random.span(below: .milliseconds(7)))
            }
        }
    }

    private func attempt(
        _ request: StoreModel.Request.Kind, _ id: UInt64, within limit: Span, by node: NodeModel
    ) {
        node.cluster.openWrite = id
        node.cluster.openWriteSentAt = node.clock.local(at: now)
        send(request, from: node)
        schedule(.attemptEnd(node: node.index, life: node.cluster.process.life, write: id), after: limit)
    }

    /// How late a thread of this machine wakes up.
    func wakeUpDelay(of node: NodeModel) -> Span {
        var delay = Span.microseconds(20) + random.span(below: .microseconds(100))
        if random.chance(1, in: 1_000) { delay = delay + random.span(below: .milliseconds(3)) }
        if node.load > .zero { delay = delay + random.span(below: node.load) }
        return delay
    }

    // MARK: The profile follows

    func choose(_ profile: Profile, on node: NodeModel) {
        guard node.cluster.core != nil, node.runsCluster, phase != .judged else { return }
        announce("n\(node.index) chooses the profile \(profile)")
        use(profile, on: node)
    }

    private func use(_ profile: Profile, on node: NodeModel) {
        longestTake = max(longestTake, profile.timing.take)
        node.cluster.profile = ProfileCore(profile: profile, at: node.clock.local(at: now))
        step(node, .timingChosen(profile.timing))
    }

    /// Tells the real ProfileCore what the daemon would measure.
    private func follow(_ event: MastershipCore.Event, of node: NodeModel, isMaster: Bool) {
        guard isMaster else {
            node.cluster.lastAcknowledgedSentAt = nil
            node.cluster.wantedProfile = nil
            return
        }
        let local = node.clock.local(at: now)
        var effects: [ProfileCore.Effect] = []
        switch event {
        case .writeSucceeded:
            if let last = node.cluster.lastAcknowledgedSentAt {
                node.cluster.profile?.step(.renewed(age: local - last), at: local, into: &effects)
            }
            node.cluster.lastAcknowledgedSentAt = node.cluster.openWriteSentAt
            // A change is guarded configuration: it goes through when the store still takes this master's writes.
            if let wanted = node.cluster.wantedProfile {
                node.cluster.wantedProfile = nil
                announce("n\(node.index) follows to the profile \(wanted)")
                schedule(
                    .choice(node: node.index, profile: Profile.allCases.firstIndex(of: wanted) ?? 0),
                    after: .microseconds(50))
            }
        case .writeUnknown where local - node.cluster.openWriteSentAt > .milliseconds(20):
            node.cluster.profile?.step(.renewalUnanswered, at: local, into: &effects)
        case .wake: if node.load > .zero { feedLoad(of: node, at: local, into: &effects) }
        default: break
        }
        for case .use(let profile, let cause) in effects {
            note("n\(node.index) wants the profile \(profile): \(cause)")
            node.cluster.wantedProfile = profile
        }
    }

    private func feedLoad(of node: NodeModel, at local: Instant, into effects: inout [ProfileCore.Effect]) {
        node.cluster.profile?.step(.woke(late: random.span(below: node.load)), at: local, into: &effects)
    }
}
