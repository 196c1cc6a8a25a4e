import Primitives
import ReplicationCore
import StreamProtocol

/// The service loops of a node: the real receiver's core, its journal, and what wakes and answers it.
extension ReplicationWorld {
    func start(_ node: ReplicaModel) {
        guard !node.isUp else { return }
        node.isUp = true
        node.life += 1
        node.journal.recover()
        // A killed process leaves in the cache what it had written: it is found again, and is not durable yet.
        node.journal.flush()
        checks.recovered(node, at: now)
        var core = ReceiverCore(
            machine: Self.machine, epoch: node.epoch, durable: node.journal.end,
            predecessor: node.journal.predecessor, consistent: node.journal.consistent,
            settings: ReceiverCore.Settings(window: 96 << 10))
        switch plant {
        case .acknowledgeBeforeFlush: core.plant = .acknowledgeBeforeFlush
        case .anyPredecessor: core.plant = .acceptAnyPredecessor
        default: break
        }
        node.receiver = core
        note("n\(node.index) starts at \(StreamMark(node.journal.end).text)")
        makeForwarder(of: node)
        schedule(.assigned(place: node.index, epoch: epoch), within: 1_000, 50_000)
    }

    func makeForwarder(of node: ReplicaModel) {
        node.forwarder = ForwarderCore(
            machine: Self.machine,
            branches: node.journal.branches.map { ForwarderCore.Branch(generation: $0.0, predecessor: $0.1) },
            durable: node.journal.end, retry: .milliseconds(200))
        node.forwarded = nil
        close(node.forwardWire, by: node.index)
        node.forwardWire = nil
    }

    func stop(_ node: ReplicaModel, isSudden: Bool) {
        guard node.isUp else { return }
        node.isUp = false
        node.life += 1
        node.downSince = now
        node.forget()
        if isSudden { node.journal.cutPower(using: &random) }
        dropWires(of: node.index, isSudden: isSudden)
    }

    // MARK: Receiver

    func step(_ node: ReplicaModel, life: Int, receiver event: ReceiverCore.Event, frame: [UInt8] = []) {
        guard node.isUp, node.life == life, node.receiver != nil else { return }
        var effects: [ReceiverCore.Effect] = []
        node.receiver?.step(event, at: now, into: &effects)
        for effect in effects { perform(effect, on: node, frame: frame) }
        directForwarder(of: node)
    }

    private func perform(_ effect: ReceiverCore.Effect, on node: ReplicaModel, frame: [UInt8]) {
        switch effect {
        case .answer(let connection, let answer):
            note("n\(node.index) answers \(answer.text)")
            send(.message(.answer(answer)), over: Int(connection), toCallee: false)
        case .close(let connection, _): close(Int(connection), by: node.index)
        case .append(let end): append(frame, end: end, to: node)
        case .truncate(let position): node.journal.truncate(to: position)
        case .begin(let generation, let predecessor):
            node.journal.begin(generation, after: predecessor, plant: plant)
            schedule(.begun(node: node.index, life: node.life), within: 300, 2_000)
        case .beginCopy(let connection):
            node.incoming = JournalModel(sectors: sectors)
            node.incomingConnection = connection
        case .acknowledge(let connection, let news):
            checks.acknowledges(news, node, others: nodes, at: now)
            send(.message(.acknowledgement(news)), over: Int(connection), toCallee: false)
        case .durable(let position): step(node, life: node.life, forwarder: .durable(position))
        case .wake(let moment):
            node.receiverWake += 1
            timeline.schedule(
                .receiverWake(node: node.index, life: node.life, version: node.receiverWake), at: max(now, moment))
        case .report(let report): note("n\(node.index): \(report)")
        }
    }

    private func append(_ bytes: [UInt8], end: StreamPosition, to node: ReplicaModel) {
        guard let header = bytes.withUnsafeBytes({ try? FrameHeader(reading: $0) }) else { return }  // judged before
        let isPoint = header.flags.contains(.endsEpoch) && !header.flags.contains(.notConsistent)
        node.journal.append(
            frame: bytes, first: header.firstSequence, end: end, isPoint: isPoint, plant: plant)
        flushSoon(node)
    }

    private func flushSoon(_ node: ReplicaModel) {
        guard !node.isFlushing else { return }
        node.isFlushing = true
        schedule(.journalFlushed(node: node.index, life: node.life, through: node.journal.end), within: 500, 6_000)
    }

    func journalFlushed(_ node: ReplicaModel, life: Int, through end: StreamPosition) {
        guard node.isUp, node.life == life else { return }
        node.isFlushing = false
        node.journal.flush()
        step(node, life: life, receiver: .flushed(end))
        if let point = node.receiver?.consistent { node.point = max(node.point, StreamMark(point)) }
        if let core = node.receiver, StreamMark(core.durable) < StreamMark(core.received) { flushSoon(node) }
    }

    func begun(_ node: ReplicaModel, life: Int) {
        guard node.isUp, node.life == life else { return }
        node.journal.flush()
        if let (generation, predecessor) = node.journal.branches.last {
            step(
                node, life: life,
                forwarder: .begun(ForwarderCore.Branch(generation: generation, predecessor: predecessor)))
        }
        step(node, life: life, receiver: .begun)
    }

    func arrive(_ parcel: Parcel, at node: ReplicaModel, over wire: Wire) {
        let connection = UInt64(wire.number)
        switch parcel {
        case .message(.hello(let hello)): step(node, life: node.life, receiver: .hello(connection, hello))
        case .message(.compare(let request)): answer(request, of: node, over: wire)
        case .message(.copyRange(let range)): take(range, at: node, connection: connection)
        case .message(.copyEnd(let end)):
            schedule(.copyTaken(node: node.index, life: node.life, connection: connection, end), within: 500, 5_000)
        case .message: break
        case .frame(let bytes): arrive(frame: bytes, at: node, over: wire)
        }
    }

    private func arrive(frame bytes: [UInt8], at node: ReplicaModel, over wire: Wire) {
        guard let core = node.receiver else { return }
        do {
            let (header, digest) = try Self.judged(bytes, after: core.received.digest)
            step(
                node, life: node.life, receiver: .frame(UInt64(wire.number), header, digest: digest), frame: bytes)
        } catch {
            note("n\(node.index) refuses a frame: \(error)")
            checks.flipsFound += 1
            close(wire.number, by: node.index)
            step(node, life: node.life, receiver: .disconnected(UInt64(wire.number)))
        }
    }

    private static func judged(_ bytes: [UInt8], after digest: ChainDigest) throws -> (FrameHeader, ChainDigest) {
        try bytes.withUnsafeBytes { bytes in
            let frame = try Frame(judging: bytes)
            return (frame.header, digest.following(frame))
        }
    }

    private func answer(_ request: CompareRequest, of node: ReplicaModel, over wire: Wire) {
        var different = Array(UInt16(0)..<UInt16(request.hashes.count))
        do throws(JournalModel.Damage) {
            let tags = try node.journal.contents(at: node.newest)
            different = different.filter { block in
                let start =
                    Int(request.volume.number) * Self.sectorsOfVolume + Int(request.address)
                    + Int(block) * SourceModel.sectorsOfBlock
                let bytes = SectorContents.bytes(of: tags[start..<start + SourceModel.sectorsOfBlock])
                return bytes.withUnsafeBytes { BlockHash(of: $0) } != request.hashes[Int(block)]
            }
        } catch {
            note("n\(node.index) cannot read what it has: \(error)")
        }
        let answer = CompareAnswer(number: request.number, different: different)
        send(.message(.compared(answer)), over: wire.number, toCallee: false)
    }

    // MARK: Copies

    private func take(_ range: CopyRange, at node: ReplicaModel, connection: UInt64) {
        guard node.incomingConnection == connection else { return }
        let start = Int(range.volume.number) * Self.sectorsOfVolume + Int(range.address)
        for index in 0..<Int(range.units) {
            let tag = range.stored.isEmpty ? 0 : SectorContents.tag(of: range.stored, sector: index)
            node.incoming?.writeBase(tag, sector: start + index)
        }
    }

    func takeCopy(_ node: ReplicaModel, life: Int, connection: UInt64, _ end: CopyEnd) {
        guard node.isUp, node.life == life, node.incomingConnection == connection, wires[Int(connection)] != nil,
            var image = node.incoming
        else { return }
        image.flushBase()
        (image.basePosition, image.basePredecessor, image.isBaseConsistent) = (
            end.position, end.predecessor, end.isConsistent
        )
        image.writeState()
        node.incoming = nil
        node.incomingConnection = nil
        node.aside.append(node.journal)
        node.journal = image
        node.isFolding = false
        node.acknowledged = StreamMark(.none)
        node.point = StreamMark(.none)
        makeForwarder(of: node)
        note("n\(node.index) has a base image as of \(StreamMark(end.position).text)")
        step(node, life: life, receiver: .copyStored(connection, end))
    }

    // MARK: Folding

    func fold(_ node: ReplicaModel) {
        schedule(.foldDue(node: node.index), within: 60_000, 200_000)
        guard node.isUp, !node.isFolding, node.forwarder?.phase != .copying,
            let target = node.journal.foldTarget(leaving: 8, plant: plant), node.journal.foldData(to: target)
        else { return }
        node.isFolding = true
        schedule(.foldFlushed(node: node.index, life: node.life, target), within: 1_000, 10_000)
    }

    func foldFlushed(_ node: ReplicaModel, life: Int, _ target: StreamPosition) {
        guard node.isUp, node.life == life, node.isFolding else { return }
        node.journal.flushBase()
        schedule(.foldDone(node: node.index, life: node.life, target), within: 100, 2_000)
    }

    func foldDone(_ node: ReplicaModel, life: Int, _ target: StreamPosition) {
        guard node.isUp, node.life == life, node.isFolding else { return }
        node.isFolding = false
        node.journal.advance(to: target)
        step(node, life: life, receiver: .applied(StreamMark(target)))
    }
}
