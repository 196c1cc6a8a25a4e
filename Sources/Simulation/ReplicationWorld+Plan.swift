import CaptureProtocol
import Primitives
import ReplicationCore
import StreamProtocol

/// The course of a run: faults while production writes, then everything is healed and both nodes must become level.
extension ReplicationWorld {
    func begin() {
        checks.points[StreamMark(.none)] = SectorContents.fingerprint(source.tags)
        announce("\(nodes.count) nodes, \(level.rawValue), spool \(settings.spoolLimit > 0)")
        for node in nodes {
            node.epoch = epoch
            schedule(.nodeStart(node: node.index), within: 0, 10_000)
            schedule(.foldDue(node: node.index), within: 100_000, 300_000)
        }
        schedule(.sourceStart, within: 0, 20_000)
        schedule(.clientTurn, within: 10_000, 20_000)
        schedule(.masterTurn, after: .milliseconds(300))
        schedule(.check, after: .milliseconds(250))
        schedule(.phase(.chaos), after: .milliseconds(400))
    }

    func enter(_ next: Phase) {
        phase = next
        switch next {
        case .chaos:
            let count = 2 + random.index(below: 6)
            for number in 0..<count { plan(number) }
            schedule(.phase(.healing), after: .milliseconds(3_200))
        case .healing: heal()
        default: break
        }
    }

    private func plan(_ number: Int) {
        var kind = ReplicationFault.Kind.allCases[random.index(below: ReplicationFault.Kind.allCases.count)]
        // Few runs have a disk that lies: such a node is excused from most that must hold.
        if kind == .rot || kind == .misdirected, !random.chance(1, in: 4) { kind = .nodeCut }
        let fault = ReplicationFault(
            number: number, kind: kind, node: random.index(below: nodes.count),
            lasts: .milliseconds(30) + random.span(below: .milliseconds(1_200)))
        schedule(.fault(fault), after: random.span(below: .milliseconds(2_600)))
    }

    func inject(_ fault: ReplicationFault) {
        guard phase == .chaos else { return }
        announce(fault.description)
        let node = nodes[fault.node]
        switch fault.kind {
        case .sourceCut: stopSource(.crashed, isSudden: true)
        case .sourceKilled: stopSource(.crashed, isSudden: false)
        case .sourceRestarted: restartSource()
        case .nodeCut: stop(node, isSudden: true)
        case .nodeKilled: stop(node, isSudden: false)
        case .bothCut: for node in nodes { stop(node, isSudden: true) }
        case .linkCut: cut(fault.node, by: 1, bothWays: true)
        case .deaf: cut(fault.node, by: 1, bothWays: false)
        case .lossy: network.lose(150, around: fault.node)
        case .slow: network.delay(.milliseconds(60), around: fault.node)
        case .journalFull: step(node, life: node.life, receiver: .conditionChanged(.full))
        case .paused: assign(assigned, isPaused: true)
        case .flipped: flipsLeft += 1
        case .rot:
            node.isTampered = true
            if node.journal.segments.isEmpty || random.chance(1, in: 2) {
                node.journal.base.rot(using: &random)
            } else {
                let segment = random.index(below: node.journal.segments.count)
                node.journal.segments[segment].disk.rot(using: &random)
            }
        case .misdirected:
            guard let last = node.journal.segments.indices.last else { break }
            node.isTampered = true
            node.journal.segments[last].disk.misdirection = 8
        case .grown:
            let change = VolumeChange(size: UInt64(Self.sectorsOfVolume * 512), blockSize: 512, name: "disk")
            tell(.volumeChanged(VolumeNumber(0), change, isNew: false))
        }
        schedule(.faultEnd(fault, era: era), after: fault.lasts)
    }

    private func restartSource() {
        guard isSourceQuiet, let generation = source.generation else {
            return stopSource(.crashed, isSudden: false)
        }
        source.disk.flush()
        let end = StreamPosition(generation: generation, sequence: source.sequence, digest: source.digest)
        stopSource(.clean(end), isSudden: false)
    }

    private func cut(_ node: Int, by change: Int, bothWays: Bool) {
        for other in 0..<network.places where other != node {
            network.cut(other, node, by: change)
            if bothWays { network.cut(node, other, by: change) }
        }
    }

    func end(_ fault: ReplicationFault, era: Int) {
        guard era == self.era else { return }
        note("ends: \(fault)")
        let node = nodes[fault.node]
        switch fault.kind {
        case .sourceCut, .sourceKilled, .sourceRestarted: startSource()
        case .nodeCut, .nodeKilled: start(node)
        case .bothCut: for node in nodes { start(node) }
        case .linkCut: cut(fault.node, by: -1, bothWays: true)
        case .deaf: cut(fault.node, by: -1, bothWays: false)
        case .lossy: network.lose(0, around: fault.node)
        case .slow: network.delay(.zero, around: fault.node)
        case .journalFull: step(node, life: node.life, receiver: .conditionChanged(.taking))
        case .paused: assign(assigned, isPaused: false)
        case .flipped, .rot, .misdirected, .grown: break
        }
    }

    private func heal() {
        announce("everything is healed")
        era += 1
        healedAt = now
        network.healAll()
        flipsLeft = 0
        for node in nodes {
            start(node)
            if node.receiver?.condition != .taking {
                step(node, life: node.life, receiver: .conditionChanged(.taking))
            }
        }
        startSource()
        assign(assigned, isPaused: false)
    }

    // MARK: The master

    func takeMasterTurn() {
        schedule(.masterTurn, after: .milliseconds(300))
        let lost = assigned.filter { !nodes[$0].isUp && now - nodes[$0].downSince > .milliseconds(600) }
        guard let gone = lost.first,
            let fresh = nodes.first(where: { $0.isUp && !assigned.contains($0.index) })?.index
        else { return }
        assign(assigned.filter { $0 != gone } + [fresh], isPaused: isPaused)
    }

    private func assign(_ next: [Int], isPaused: Bool) {
        epoch += 1
        assigned = next
        self.isPaused = isPaused
        note("assignment \(epoch): n\(next)\(isPaused ? ", paused" : "")")
        for place in 0..<network.places { schedule(.assigned(place: place, epoch: epoch), within: 1_000, 60_000) }
    }

    func hear(_ told: UInt64, at place: Int) {
        guard told == epoch else { return }
        if place == sourcePlace {
            guard source.isUp else { return }
            sourceEpoch = epoch
            sourceLinks = assigned
            tell(.assigned(SourceCore.Task(epoch: epoch, links: assigned.count, level: level, isPaused: isPaused)))
        } else {
            let node = nodes[place]
            guard node.isUp else { return }
            node.epoch = epoch
            step(node, life: node.life, receiver: .assigned(epoch: epoch, isPaused: isPaused))
        }
    }

    // MARK: Judgement

    func checkAll() {
        for node in nodes where node.isUp { checks.read(node, now: now) }
        guard phase == .healing else { return schedule(.check, after: .milliseconds(250)) }
        if now - healedAt > .milliseconds(400), source.underWay.isEmpty, isLevel {
            note("level after \(now - healedAt)")
            isOver = true
            return
        }
        // A last barrier, again after each resync.
        if source.isUp, source.core != nil, !source.isFlushing {
            source.isFlushing = true
            schedule(.flushDone(life: source.life), within: 100, 1_000)
        }
        if now - healedAt > .seconds(20) {
            isOver = true
            if !nodes.contains(where: \.isTampered) { checks.violate("20 s after healing: \(standing)", at: now) }
            return
        }
        schedule(.check, after: .milliseconds(100))
    }

    /// Both nodes have all that the source has.
    private var isLevel: Bool {
        guard source.isConsistent, source.encoder.isEmpty, let generation = source.generation else { return false }
        let end = StreamPosition(generation: generation, sequence: source.sequence, digest: source.digest)
        let expected = SectorContents.fingerprint(source.tags)
        return assigned.allSatisfy { index in
            let node = nodes[index]
            guard node.receiver?.durable == end, node.receiver?.isConsistent == true else { return false }
            do throws(JournalModel.Damage) {
                guard SectorContents.fingerprint(try node.journal.contents(at: StreamMark(end))) != expected else {
                    return true
                }
                checks.violate("n\(index) is level and has other bytes than the source", at: now)
                return true
            } catch {
                return node.isTampered
            }
        }
    }

    private var standing: String {
        let state = source.core.map { "\($0.state)" } ?? "away"
        let ends = assigned.map { index in
            "n\(index) at \(StreamMark(nodes[index].receiver?.durable ?? .none).text) "
                + "\(nodes[index].forwarder.map { "\($0.phase)" } ?? "")"
        }
        return "source \(state) at \(source.generation?.number ?? 0)/\(source.sequence), "
            + "\(source.marks.count) marks, \(ends.joined(separator: ", "))"
    }
}
