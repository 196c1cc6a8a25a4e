import Primitives

/// Starting, stopping and losing processes and machines.
extension World {
    func boot(_ node: NodeModel) {
        node.isPowered = true
        node.stuns = 0
        node.clock = NodeClock(drift: node.clock.drift, bootedAt: now)
        node.vip.process.life += 1
        node.etcd.life += 1
        node.cluster.process.life += 1
        scheduleStart(.vip, on: node, after: .milliseconds(1)...(.milliseconds(20)))
        scheduleStart(.etcd, on: node, after: .milliseconds(20)...(.milliseconds(100)))
        scheduleStart(.cluster, on: node, after: .milliseconds(40)...(.milliseconds(150)))
    }

    func losePower(_ node: NodeModel) {
        node.isPowered = false
        node.stuns = 0
        node.diskStalls = 0
        node.load = .zero
        node.serviceStops = 0
        node.kernel.drop()
        for process in [\NodeModel.vip.process, \NodeModel.etcd, \NodeModel.cluster.process] {
            node[keyPath: process].isRunning = false
            node[keyPath: process].stops = 0
            node[keyPath: process].life += 1
        }
        node.cluster.core = nil
        node.cluster.awaitsDrop = false
        stopService(of: node)
        noteAnswers(of: node)
        reassessLeader()
    }

    func scheduleStart(_ daemon: Daemon, on node: NodeModel, after range: ClosedRange<Span>) {
        let life =
            switch daemon {
            case .cluster: node.cluster.process.life
            case .vip: node.vip.process.life
            case .etcd: node.etcd.life
            case .machine: 0
            }
        let delay = range.lowerBound + random.span(below: range.upperBound - range.lowerBound)
        schedule(.start(node: node.index, daemon, life: life), after: delay)
    }

    /// The supervisor starts what does not run; an outdated start does nothing.
    func start(_ daemon: Daemon, on node: NodeModel, life: Int) {
        if case .machine = daemon {
            if !node.isPowered { boot(node) }
            return
        }
        guard node.isPowered else { return }
        guard node.stuns == 0 else {
            return schedule(.start(node: node.index, daemon, life: life), after: .milliseconds(50))
        }
        switch daemon {
        case .cluster:
            if node.cluster.process.life == life, !node.cluster.process.isRunning { startCluster(node) }
        case .vip: if node.vip.process.life == life, !node.vip.process.isRunning { startVIP(node) }
        case .etcd:
            guard node.etcd.life == life, !node.etcd.isRunning else { return }
            node.etcd.isRunning = true
            reassessLeader()
        case .machine: break
        }
    }

    func killEtcd(_ node: NodeModel) {
        node.etcd.isRunning = false
        node.etcd.stops = 0
        node.etcd.life += 1
        reassessLeader()
    }

    func stop(_ process: WritableKeyPath<NodeModel, NodeModel.Process>, of node: NodeModel, by change: Int) {
        var node = node
        node[keyPath: process].stops = max(0, node[keyPath: process].stops + change)
        resume(node)
    }

    /// After a stop or a stun has ended: what piled up is worked off.
    func resume(_ node: NodeModel) {
        reassessLeader()
        guard node.isAwake else { return }
        drainVIPMailbox(of: node)
        drainMailbox(of: node)
    }

    /// An answer that came while the service stood still went by: ask again.
    func resumeService(of node: NodeModel) { loseStorageAnswer(of: node, version: node.service.version) }

    func stun(_ node: NodeModel) {
        node.stuns += 1
        guard node.stuns == 1 else { return }
        node.isExcused = true
        node.stunCount += 1
        node.clock.freeze(at: now)
        noteAnswers(of: node)
        reassessLeader()
    }

    func thaw(_ node: NodeModel, losesTime: Bool) {
        guard node.stuns > 0 else { return }
        node.stuns -= 1
        guard node.stuns == 0 else { return }
        node.clock.thaw(at: now, lost: losesTime)
        node.kernel.expire(at: node.clock.local(at: now))
        noteAnswers(of: node)
        scheduleKernelExpiry(of: node)
        scheduleVIPWake(of: node)
        schedule(.excuseEnd(node: node.index, stunCount: node.stunCount), after: Self.excuseTime)
        if node.cluster.storeLife != store.life {
            // It missed a restore: its supervisor finds out and starts it anew.
            announce("n\(node.index) missed the restore and starts anew")
            schedule(.rejoin(node: node.index), after: .milliseconds(700))
        }
        resume(node)
        resumeService(of: node)
    }

    /// After a thaw, everything that was sent before the stun has passed its deadline within this time.
    static let excuseTime = Span.milliseconds(3_500)

    func endExcuse(of node: NodeModel, stunCount: Int) {
        if node.stunCount == stunCount { node.isExcused = false }
    }

    /// Its etcd and its cluster daemon belong to a store that is no more.
    func rejoin(_ node: NodeModel) {
        guard node.isAwake, node.cluster.storeLife != store.life else { return }
        killEtcd(node)
        killCluster(node)
        scheduleStart(.etcd, on: node, after: .milliseconds(100)...(.milliseconds(400)))
        scheduleStart(.cluster, on: node, after: .milliseconds(100)...(.milliseconds(400)))
    }
}
