import MastershipCore
import Primitives
import VIPCore
import VIPProtocol

/// The VIP daemon of each node: the service loop around the real core, and what the kernel then does.
extension World {
    /// The virtual address.
    static let address: Subnet = {
        guard let address = Subnet("10.77.0.50/24") else { preconditionFailure("the simulated address is malformed") }
        return address
    }()

    func startVIP(_ node: NodeModel) {
        node.vip = NodeModel.VIP(process: node.vip.process)
        node.vip.process.isRunning = true
        node.vip.process.life += 1
        node.vip.core = VIPCore(interface: "eth0", isUp: true)
        // Leftovers of a previous life go first.
        node.kernel.drop()
        noteAnswers(of: node)
        step(node, vip: .requested(.guarded(addresses: [Self.address]), by: VIPCore.Client(-1)))
        if node.cluster.awaitsDrop { tellVacated(node) }
    }

    func killVIP(_ node: NodeModel) {
        node.vip.process.isRunning = false
        node.vip.process.stops = 0
        node.vip.process.life += 1
        node.vip.core = nil
    }

    /// A request of this node's cluster daemon.
    func request(_ request: VIPRequest, of node: NodeModel) {
        send(.requested(request, by: VIPCore.Client(node.cluster.client)), toVIPOf: node)
    }

    func send(_ event: VIPCore.Event, toVIPOf node: NodeModel) {
        // A socket keeps the order.
        let due = max(node.vip.notBefore, now + .microseconds(15) + random.span(below: .microseconds(50)))
        node.vip.notBefore = due
        timeline.schedule(.vipArrival(node: node.index, life: node.vip.process.life, event), at: due)
    }

    func arrive(_ event: VIPCore.Event, atVIPOf node: NodeModel, life: Int) {
        guard node.vip.process.life == life, node.vip.process.isRunning, node.isPowered else { return }
        guard node.runsVIP else { return node.vip.mailbox.append(event) }
        step(node, vip: event)
    }

    func drainVIPMailbox(of node: NodeModel) {
        guard node.runsVIP else { return }
        let mailbox = node.vip.mailbox
        node.vip.mailbox = []
        for event in mailbox { step(node, vip: event) }
        step(node, vip: .timePassed)
    }

    func wakeVIP(_ node: NodeModel, life: Int, version: Int) {
        guard node.vip.process.life == life, node.vip.wakeVersion == version, node.runsVIP else { return }
        step(node, vip: .timePassed)
    }

    private func step(_ node: NodeModel, vip event: VIPCore.Event) {
        guard node.vip.core != nil else { return }
        let local = node.clock.local(at: now)
        var effects: [VIPCore.Effect] = []
        node.vip.core?.step(event, at: local, into: &effects)
        for effect in effects { perform(effect, on: node, at: local) }
        scheduleVIPWake(of: node)
    }

    func scheduleVIPWake(of node: NodeModel) {
        guard let next = node.vip.core?.nextWake, node.isAwake else { return }
        node.vip.wakeVersion += 1
        let due = max(now, node.clock.world(at: next)) + wakeUpDelay(of: node)
        timeline.schedule(
            .vipWake(node: node.index, life: node.vip.process.life, version: node.vip.wakeVersion), at: due)
    }

    private func perform(_ effect: VIPCore.Effect, on node: NodeModel, at local: Instant) {
        switch effect {
        case .installFence(_, let open, let until):
            if open.isEmpty { node.kernel.close() } else { node.kernel.open(until: until, using: &random) }
        case .openFence(_, let until): node.kernel.open(until: until, using: &random)
        case .closeFence: node.kernel.close()
        case .addAddresses, .renewAddresses: node.kernel.put(at: local, using: &random)
        case .removeAddresses: node.kernel.remove()
        case .reply(.dropped, let client):
            if node.cluster.awaitsDrop, client.number == node.cluster.client { tellVacated(node) }
            return
        case .removeFence, .announce, .probe, .listen, .reply, .report, .finish: return
        }
        scheduleKernelExpiry(of: node)
        noteAnswers(of: node)
    }

    private func tellVacated(_ node: NodeModel) {
        node.cluster.awaitsDrop = false
        schedule(
            .arrival(node: node.index, life: node.cluster.process.life, .vacated),
            after: .microseconds(200) + random.span(below: .microseconds(800)))
    }

    // MARK: Kernel

    func scheduleKernelExpiry(of node: NodeModel) {
        guard let next = node.kernel.nextExpiry, node.isAwake else { return }
        let due = max(now, node.clock.world(at: next))
        timeline.schedule(.kernelExpiry(node: node.index, version: node.kernel.version), at: due)
    }

    func expireKernel(of node: NodeModel, version: Int) {
        guard node.kernel.version == version, node.isAwake else { return }
        node.kernel.expire(at: node.clock.local(at: now))
        noteAnswers(of: node)
        scheduleKernelExpiry(of: node)
    }

    /// Tells the checks who answers for the address, and whether any client is served.
    func noteAnswers(of node: NodeModel) {
        let answers = node.answers
        guard answers != node.answered else { return }
        node.answered = answers
        note("n\(node.index) \(answers ? "answers" : "is silent")")
        checks.answersChanged(
            node: node.index, answers: answers, isGraceful: node.isHandingOver, isExcused: { nodes[$0].isExcused },
            at: now)
        noteService()
    }

    func noteService() {
        let isServed = nodes.contains { $0.answers && network.areConnected($0.index, network.outside) }
        outages.update(isServed: isServed, at: now)
    }
}
