import Primitives
import ReplicationCore
import StreamProtocol

/// The service loop around the real source core.
extension ReplicationWorld {
    func startSource() {
        guard !source.isUp else { return }
        source.isUp = true
        source.life += 1
        unwritten = []
        var core = SourceCore(
            machine: Self.machine, volumes: Self.hellos, memory: source.memory, start: source.start,
            settings: settings)
        if plant == .hashFilterSkipped { core.hashFilter = .skipped }
        source.core = core
        checks.sourceStarted(needsHash: source.start == .crashed)
        note("the source starts: \(source.start)")
        hear(epoch, at: sourcePlace)
    }

    func stopSource(_ start: SourceCore.Start, isSudden: Bool) {
        guard source.isUp else { return }
        source.isUp = false
        source.life += 1
        source.start = source.memory.generation.number == 0 ? .first : start
        source.forget()
        mailbox = []
        unwritten = []
        if isSudden { source.disk.cutPower(using: &random) }
        dropWires(of: sourcePlace, isSudden: isSudden)
    }

    /// Whether nothing is under way anywhere, so that the source may end in order.
    var isSourceQuiet: Bool {
        source.isUp && source.core?.state == .stream && source.isConsistent && source.marks.isEmpty
            && source.frames.isEmpty && source.underWay.isEmpty && source.encoder.isEmpty && !source.isFlushing
            && source.sequence > 0
    }

    /// One owner: what comes while effects are performed waits.
    func tell(_ event: SourceCore.Event) {
        mailbox.append(event)
        guard !isStepping else { return }
        isStepping = true
        while !mailbox.isEmpty, source.core != nil {
            let event = mailbox.removeFirst()
            if case .persisted = event, !unwritten.isEmpty {
                var memory = unwritten.removeFirst()
                memory.settled = max(memory.settled, source.memory.settled)
                source.memory = memory
            }
            var effects: [SourceCore.Effect] = []
            source.core?.step(event, at: now, wall: UInt64(now.nanoseconds), into: &effects)
            for effect in effects { perform(effect) }
        }
        isStepping = false
    }

    private func perform(_ effect: SourceCore.Effect) {
        switch effect {
        case .connect(let link):
            guard link < sourceLinks.count else {
                return schedule(.source(life: source.life, .disconnected(link)), within: 10, 100)
            }
            connect(from: sourcePlace, to: sourceLinks[link], link: link)
        case .disconnect(let link):
            giveUpCompare()
            close(source.links[link], by: sourcePlace)
            source.links[link] = nil
        case .persist(let memory):
            unwritten.append(memory)
            // One after the other.
            schedule(.source(life: source.life, .persisted), after: .milliseconds(1))
        case .greet(let link, let hello): send(.message(.hello(hello)), over: source.links[link], toCallee: true)
        case .send(let link, let sequence):
            guard let bytes = source.frames[sequence] else { return checks.violate("a frame is gone", at: now) }
            send(.frame(bytes), over: source.links[link], toCallee: true)
        case .spool(let sequence): schedule(.source(life: source.life, .spooled(sequence)), within: 100, 2_000)
        case .free(let sequence):
            for old in source.frames.keys.sorted() where old <= sequence { source.frames[old] = nil }
        case .settle(let mark): schedule(.settled(life: source.life, mark), within: 500, 20_000)
        case .endCopy: schedule(.copyEndFlushed(life: source.life), within: 100, 3_000)
        case .cut(let text): enter(text == nil ? .cut : .mark)
        case .change: enter(.configuration)
        case .wake(let moment):
            source.wakeVersion += 1
            timeline.schedule(
                .sourceWake(life: source.life, version: source.wakeVersion), at: max(now, moment))
        case .report(let report): note("source: \(report)")
        default: performOnStream(effect)
        }
    }

    private func performOnStream(_ effect: SourceCore.Effect) {
        switch effect {
        case .beginGeneration(let generation, let predecessor):
            source.encoder.removeAll()
            source.generation = generation
            source.sequence = 0
            source.digest = predecessor.digest
            source.writeEpoch = 1
            source.bytesAhead = 0
        case .record(let recording):
            closeFrame()
            source.recording = recording
            source.isConsistent = recording == .records(isConsistent: true)
        case .markUnsettled:
            for region in source.intent.sorted() { mark(region: region) }
        case .markAll:
            source.intent = Set(0..<sectors / SourceModel.sectorsOfRegion)
            for region in source.intent.sorted() { mark(region: region) }
        case .discardFrames:
            source.frames = [:]
            source.encoder.removeAll()
        case .copy(let bytes, let isComparing): copy(blocks: bytes / 4_096, isComparing: isComparing)
        default: preconditionFailure("an effect that nobody performs")
        }
    }

    private func mark(region: Int) {
        let count = SourceModel.sectorsOfRegion / SourceModel.sectorsOfBlock
        source.marks.formUnion(region * count..<(region + 1) * count)
        source.compared = []
    }

    /// All nodes have it: the disk must have it too before the log forgets it.
    func settle(_ mark: StreamMark) {
        if plant != .settledBeforeFlush { source.disk.flush() }
        source.memory.settled = max(source.memory.settled, mark)
        for region in source.intent.sorted() {
            let isBusy = source.underWay.contains { SourceModel.regions(of: $0).contains(region) }
            guard let last = source.lastWritten[region], last <= mark, !isBusy else { continue }
            source.intent.remove(region)
        }
    }

    // MARK: Copies

    private func copy(blocks: Int, isComparing: Bool) {
        let free = source.marks.sorted().filter { !source.isUnderWay($0...$0) }
        guard let first = free.first else {
            return schedule(.source(life: source.life, copied(0)), within: 200, 1_000)
        }
        if isComparing {
            let blocks = Self.sectorsOfVolume / SourceModel.sectorsOfBlock
            source.compared = Array(
                free.prefix(8).enumerated().prefix { $1 == first + $0 && $1 / blocks == first / blocks }.map(\.element))
            source.compareFirst = first
            source.isComparing = true
            source.compareNumber += 1
            let hashes = source.compared.map { block in
                SectorContents.bytes(of: source.tags(ofBlock: block)).withUnsafeBytes { BlockHash(of: $0) }
            }
            let start = first * SourceModel.sectorsOfBlock
            let request = CompareRequest(
                number: source.compareNumber, volume: VolumeNumber(UInt16(start / Self.sectorsOfVolume)),
                address: UInt64(start % Self.sectorsOfVolume), hashes: hashes)
            guard let wire = source.links.compactMap(\.self).first(where: { wires[$0] != nil }) else {
                return giveUpCompare()
            }
            return send(.message(.compare(request)), over: wire, toCallee: true)
        }
        let some = free.prefix(blocks)
        for block in some { copy(block: block) }
        schedule(.source(life: source.life, copied(UInt64(some.count) * 4_096)), within: 100, 1_000)
    }

    private func copied(_ bytes: UInt64) -> SourceCore.Event {
        .copied(bytes: bytes, remaining: UInt64(source.marks.count) * 4_096)
    }

    func compared(_ answer: CompareAnswer) {
        guard source.isComparing, answer.number == source.compareNumber else { return }
        source.isComparing = false
        let asked = source.compared
        source.compared = []
        for block in asked {
            if answer.different.contains(UInt16(block - source.compareFirst)) {
                if !source.isUnderWay(block...block) { copy(block: block) }
            } else {
                source.marks.remove(block)
            }
        }
        tell(copied(UInt64(asked.count) * 4_096))
    }

    func giveUpCompare() {
        guard source.isComparing else { return }
        source.isComparing = false
        source.compared = []
        schedule(.source(life: source.life, copied(0)), within: 10, 100)
    }

    private func copy(block: Int) {
        guard source.recording != .marks, source.generation != nil else { return }
        source.marks.remove(block)
        let tags = source.tags(ofBlock: block)
        noteWaste(block, tags)
        enter(
            tags.allSatisfy { $0 == 0 } ? .zero : .repair, sector: block * SourceModel.sectorsOfBlock, tags: tags)
    }

    /// What the other node has already need not be sent again after a crash.
    private func noteWaste(_ block: Int, _ tags: [UInt64]) {
        guard checks.needsHash, source.core?.memory.predecessor != StreamPosition.none,
            let number = source.links.compactMap(\.self).first(where: { wires[$0] != nil }), let wire = wires[number]
        else { return }
        do throws(JournalModel.Damage) {
            let theirs = try nodes[wire.callee].journal.contents(at: nodes[wire.callee].newest)
            let start = block * SourceModel.sectorsOfBlock
            checks.copied(isWaste: Array(theirs[start..<start + tags.count]) == tags, at: now)
        } catch {
            note("n\(wire.callee) cannot read what it has: \(error)")
        }
    }

    func endCopy() {
        source.disk.flush()
        guard source.marks.isEmpty, source.recording == .records(isConsistent: false) else { return tell(copied(0)) }
        closeFrame()
        source.isConsistent = true
        enter(.flush)
        checks.needsHash = false
        tell(.copyEnded(at: source.sequence))
    }

    func arriveAtSource(_ parcel: Parcel, over wire: Wire) {
        guard let link = wire.link, source.links[link] == wire.number, case .message(let message) = parcel else {
            return
        }
        switch message {
        case .answer(let answer): tell(.answered(link, answer))
        case .acknowledgement(let news): tell(.acknowledged(link, news))
        case .compared(let answer): compared(answer)
        case .bookmark(let text): tell(.bookmarkRequested(text))
        default: break
        }
    }
}
