import MastershipCore
import Primitives

/// What each fault does, and how it ends.
extension World {
    func inject(_ fault: Fault) {
        let index = fault.node ?? masters.first?.index ?? Int(fault.variant % UInt64(nodes.count))
        let node = nodes[index]
        announce("fault \(fault.number): \(fault), n\(index)")
        activeFaults += 1
        disturb()
        if fault.kind == .restored || fault.kind == .allRebooted {
            injectEverywhere(fault)
        } else {
            strike(node, fault)
        }
        schedule(.faultEnd(fault, node: index, era: era), after: fault.lasts)
    }

    private func strike(_ node: NodeModel, _ fault: Fault) {
        switch fault.kind {
        case .isolation, .deaf, .mute, .halved, .lossy, .slowLink: disturbNetwork(around: node, fault, by: 1)
        case .clusterStopped, .vipStopped, .etcdStopped, .allStopped, .diskStalled: hinder(node, fault.kind, by: 1)
        case .stoppedInMidWrite: node.cluster.stopInMidWrite = (fault, fence(fault.variant, lasting: fault.lasts))
        case .stunned: if node.isPowered { stun(node) }
        case .powerCut: if node.isPowered { losePower(node) }
        case .clusterKilled:
            guard node.isAwake else { return }
            killCluster(node)
            scheduleStart(.cluster, on: node, after: .milliseconds(100)...(.milliseconds(600)))
        case .vipKilled:
            guard node.isAwake else { return }
            killVIP(node)
            scheduleStart(.vip, on: node, after: .milliseconds(100)...(.milliseconds(600)))
        case .etcdKilled:
            guard node.isAwake else { return }
            killEtcd(node)
            scheduleStart(.etcd, on: node, after: .milliseconds(300)...(.milliseconds(900)))
        case .shortenedBlindly: shortenBlindly(node, fault)
        case .noSpace: store.noSpaces += 1
        case .loaded: node.load = .milliseconds(5) + random.span(below: .milliseconds(120))
        case .streamStalled: node.stream.stalledUntil = now + fault.lasts
        case .handOver: if node.runsCluster { step(node, .handOverRequested(to: nil)) }
        case .probesFail: setProbes(of: node, passing: false)
        case .leaderElsewhere: transferLeader(to: (node.index + 1) % nodes.count)
        case .allRebooted, .restored: break
        }
    }

    /// Part of a fence, so that a master survives it.
    private func fence(_ variant: UInt64, lasting: Span) -> Span {
        let fence = store.key.record?.timing.fence ?? lasting
        return fence * Int64(variant % 100) / 100
    }

    /// The daemon has just sent a write; its answer will find it stopped. When it goes on, the network is gone.
    func stopInMidWrite(_ node: NodeModel) {
        guard let (fault, span) = node.cluster.stopInMidWrite else { return }
        node.cluster.stopInMidWrite = nil
        announce("n\(node.index) is stopped in mid-write for \(span)")
        stop(\.cluster.process, of: node, by: 1)
        let isolation = Fault(
            number: fault.number, kind: .isolation, node: node.index, lasts: longestTake, variant: fault.variant)
        schedule(.fault(isolation), after: span - .milliseconds(1))
        let stopped = Fault(
            number: fault.number, kind: .clusterStopped, node: node.index, lasts: span, variant: fault.variant)
        activeFaults += 1
        schedule(.faultEnd(stopped, node: node.index, era: era), after: span)
    }

    /// The kernel keeps the long hold that it got last, since nobody is there to shorten it.
    private func shortenBlindly(_ node: NodeModel, _ fault: Fault) {
        let stopped = Fault(
            number: fault.number, kind: .vipStopped, node: node.index, lasts: fault.lasts, variant: fault.variant)
        let isolated = Fault(
            number: fault.number, kind: .isolation, node: node.index, lasts: fault.lasts, variant: fault.variant)
        schedule(.fault(stopped), after: .zero)
        schedule(.choice(node: node.index, profile: Int(fault.variant % 2)), after: .milliseconds(1))
        schedule(.fault(isolated), after: .milliseconds(Int64(fault.variant % 500)))
    }

    private func injectEverywhere(_ fault: Fault) {
        if fault.kind == .allRebooted {
            for node in nodes where node.isPowered { losePower(node) }
            return
        }
        guard snapshot != nil else { return }
        for node in nodes where node.isAwake {
            killCluster(node)
            killEtcd(node)
        }
        schedule(.restored, after: .milliseconds(300) + random.span(below: .milliseconds(900)))
    }

    func end(_ fault: Fault, on node: NodeModel, era: Int) {
        guard era == self.era else { return }
        announce("fault \(fault.number) ends")
        activeFaults -= 1
        disturb()
        switch fault.kind {
        case .isolation, .deaf, .mute, .halved, .lossy, .slowLink: disturbNetwork(around: node, fault, by: -1)
        case .stoppedInMidWrite: node.cluster.stopInMidWrite = nil
        case .clusterStopped, .vipStopped, .etcdStopped, .allStopped, .diskStalled: hinder(node, fault.kind, by: -1)
        case .stunned: thaw(node, losesTime: fault.variant % 2 == 0)
        case .powerCut: if !node.isPowered { boot(node) }
        case .noSpace: store.noSpaces -= 1
        case .loaded: node.load = .zero
        case .probesFail: setProbes(of: node, passing: true)
        case .allRebooted:
            for node in nodes where !node.isPowered {
                scheduleStart(.machine, on: node, after: .zero ... .milliseconds(500))
            }
        case .clusterKilled, .vipKilled, .etcdKilled, .streamStalled, .handOver, .leaderElsewhere, .restored: break
        case .shortenedBlindly: break
        }
    }

    private func disturbNetwork(around node: NodeModel, _ fault: Fault, by change: Int) {
        let place = node.index
        for other in 0..<network.places where other != place {
            switch fault.kind {
            case .isolation:
                network.cut(place, other, by: change)
                network.cut(other, place, by: change)
            case .deaf: network.cut(other, place, by: change)
            case .mute: network.cut(place, other, by: change)
            default: break
            }
        }
        if fault.kind == .halved { cutInHalves(fault.variant, by: change) }
        if fault.kind == .lossy { network.lose(change > 0 ? 50 + Int(fault.variant % 400) : 0, around: place) }
        if fault.kind == .slowLink {
            let delay = Span.milliseconds(2 + Int64(fault.variant % 120))
            network.delay(change > 0 ? delay : .zero, around: place)
        }
        reassessLeader()
        noteService()
    }

    /// Each place is on the side that one bit of `sides` says.
    private func cutInHalves(_ sides: UInt64, by change: Int) {
        for from in 0..<network.places {
            for to in 0..<network.places where (sides >> UInt64(from)) & 1 != (sides >> UInt64(to)) & 1 {
                network.cut(from, to, by: change)
            }
        }
    }

    private func hinder(_ node: NodeModel, _ kind: Fault.Kind, by change: Int) {
        let isAll = kind == .allStopped
        if kind == .diskStalled { node.diskStalls = max(0, node.diskStalls + change) }
        if isAll { node.serviceStops = max(0, node.serviceStops + change) }
        if isAll || kind == .vipStopped { stop(\.vip.process, of: node, by: change) }
        if isAll || kind == .clusterStopped { stop(\.cluster.process, of: node, by: change) }
        if isAll || kind == .etcdStopped { stop(\.etcd, of: node, by: change) }
        resume(node)
        if isAll, node.runsService { resumeService(of: node) }
    }

    private func setProbes(of node: NodeModel, passing: Bool) {
        node.cluster.passesProbes = passing
        arrive(
            .standingChanged(passing && node.canBeMaster), at: node, life: node.cluster.process.life)
    }

    // MARK: Healing

    func healAll() {
        era += 1
        activeFaults = 0
        announce("everything is healed")
        network.healAll()
        store.noSpaces = 0
        for node in nodes {
            while node.stuns > 0 { thaw(node, losesTime: true) }
            node.diskStalls = 0
            node.load = .zero
            node.serviceStops = 0
            node.vip.process.stops = 0
            node.cluster.process.stops = 0
            node.etcd.stops = 0
            node.stream.stalledUntil = now
            if !node.isPowered { boot(node) }
            setProbes(of: node, passing: true)
        }
        for node in nodes {
            resume(node)
            resumeService(of: node)
        }
        noteService()
        disturb()
    }

    /// The guided recovery: a backup becomes the store, every node is founded anew with the next generation. Some
    /// nodes lost their file of the highest epoch, but never all.
    func restore() {
        guard let snapshot else { return }
        let known = nodes.map { max($0.generation, $0.highest.generation) }.max() ?? 0
        let generation = max(known, snapshot.key.record?.generation ?? 0) + (plant == .generationKept ? 0 : 1)
        let keeper = random.index(below: nodes.count)
        store.restore(snapshot)
        announce("restored revision \(snapshot.revision), generation \(generation)")
        disturb()
        for node in nodes {
            if node.index != keeper, random.chance(1, in: 2) { node.highest = .none }
            node.generation = generation
            guard node.isAwake else { continue }
            killCluster(node)
            killEtcd(node)
            scheduleStart(.etcd, on: node, after: .milliseconds(50)...(.milliseconds(300)))
            scheduleStart(.cluster, on: node, after: .milliseconds(50)...(.milliseconds(300)))
        }
    }
}
