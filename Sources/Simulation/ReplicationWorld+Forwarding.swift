import CaptureProtocol
import Primitives
import ReplicationCore
import StreamProtocol

/// The loop around the real forwarder's core of a node.
extension ReplicationWorld {
    /// Tells the forwarder to whom it passes on, and under which session.
    func directForwarder(of node: ReplicaModel) {
        var next: Hello?
        if let session = node.receiver?.sourceSession, other(than: node) != nil {
            next = Hello(
                machine: Self.machine, purpose: .forward, epoch: node.epoch, session: session,
                generation: Generation(0), predecessor: .none, volumes: Self.hellos, level: level, codecs: [.none])
        }
        guard next != node.forwarded else { return }
        node.forwarded = next
        step(node, life: node.life, forwarder: .assigned(next))
    }

    private func other(than node: ReplicaModel) -> Int? {
        guard assigned.contains(node.index) else { return nil }
        return assigned.first { $0 != node.index }
    }

    func step(_ node: ReplicaModel, life: Int, forwarder event: ForwarderCore.Event) {
        guard node.isUp, node.life == life, node.forwarder != nil else { return }
        var effects: [ForwarderCore.Effect] = []
        node.forwarder?.step(event, at: now, into: &effects)
        for effect in effects { perform(effect, on: node) }
    }

    private func perform(_ effect: ForwarderCore.Effect, on node: ReplicaModel) {
        switch effect {
        case .connect:
            guard let other = other(than: node) else {
                return schedule(.forwarder(node: node.index, life: node.life, .disconnected), within: 10, 100)
            }
            connect(from: node.index, to: other, link: nil)
        case .disconnect:
            close(node.forwardWire, by: node.index)
            node.forwardWire = nil
        case .greet(let hello): send(.message(.hello(hello)), over: node.forwardWire, toCallee: true)
        case .find(let tail):
            let finding = node.journal.find(tail)
            note("n\(node.index) looks for \(StreamMark(tail).text): \(finding)")
            schedule(.forwarder(node: node.index, life: node.life, .found(tail, finding)), within: 10, 200)
        case .send(let position, let bytes): sendFrames(of: node, after: position, bytes: Int(bytes))
        case .copyBase: sendBase(of: node)
        case .sendCopyEnd(let end): send(.message(.copyEnd(end)), over: node.forwardWire, toCallee: true)
        case .peerFlushed(let mark): step(node, life: node.life, receiver: .peerFlushed(mark))
        case .wake(let moment):
            node.forwarderWake += 1
            timeline.schedule(
                .forwarderWake(node: node.index, life: node.life, version: node.forwarderWake), at: max(now, moment))
        case .report(let report):
            note("n\(node.index) passing on: \(report)")
            if case .splitBrain = report { checks.violate("n\(node.index) reports \(report)", at: now) }
        }
    }

    private func sendFrames(of node: ReplicaModel, after position: StreamPosition, bytes limit: Int) {
        let durable = StreamMark(node.receiver?.durable ?? .none)
        var (last, total) = (position, 0)
        do throws(JournalModel.Damage) {
            for entry in node.journal.entries where entry.predecessor == nil {
                let mark = StreamMark(entry.end)
                guard mark > StreamMark(last), mark <= durable else { continue }
                guard total == 0 || (entry.end.generation == last.generation && total + entry.length <= limit) else {
                    break
                }
                send(.frame(try node.journal.frame(entry)), over: node.forwardWire, toCallee: true)
                (last, total) = (entry.end, total + entry.length)
            }
        } catch {
            node.readErrors += 1
            note("n\(node.index) cannot read what it has: \(error)")
            total = 0
        }
        let event: ForwarderCore.Event = total == 0 ? .readFailed : .read(last, bytes: UInt64(total))
        schedule(.forwarder(node: node.index, life: node.life, event), within: 10, 500)
    }

    /// The state at the last consistent point, read through base and journal.
    private func sendBase(of node: ReplicaModel) {
        let point = node.receiver?.consistent ?? node.journal.basePosition
        do throws(JournalModel.Damage) {
            let tags = try node.journal.contents(at: StreamMark(point))
            for start in stride(from: 0, to: sectors, by: 32) {
                let piece = tags[start..<start + 32]
                let range = CopyRange(
                    volume: VolumeNumber(UInt16(start / Self.sectorsOfVolume)),
                    address: UInt64(start % Self.sectorsOfVolume), units: 32,
                    stored: piece.allSatisfy { $0 == 0 } ? [] : SectorContents.bytes(of: piece))
                send(.message(.copyRange(range)), over: node.forwardWire, toCallee: true)
            }
            let isConsistent = point == node.receiver?.consistent
            schedule(
                .forwarder(node: node.index, life: node.life, .copied(point, isConsistent: isConsistent)),
                within: 100, 3_000)
        } catch {
            node.readErrors += 1
            note("n\(node.index) cannot read what it has: \(error)")
            schedule(.forwarder(node: node.index, life: node.life, .readFailed), within: 10, 500)
        }
    }

    func arriveAtForwarder(_ parcel: Parcel, of node: ReplicaModel, over wire: Wire) {
        guard node.forwardWire == wire.number, case .message(let message) = parcel else { return }
        switch message {
        case .answer(let answer): step(node, life: node.life, forwarder: .answered(answer))
        case .acknowledgement(let news): step(node, life: node.life, forwarder: .acknowledged(news))
        default: break
        }
    }
}

extension JournalModel {
    func find(_ position: StreamPosition) -> ForwarderCore.Finding {
        if position == basePosition { return .readable }
        if let entry = entries.first(where: { $0.predecessor == nil && StreamMark($0.end) == StreamMark(position) }) {
            return entry.end == position ? .readable : .strange
        }
        return StreamMark(position) < StreamMark(basePosition) ? .folded : .strange
    }
}

extension StreamMark {
    /// Short, for traces.
    var text: String { "\(generation.number)/\(sequence)" }
}

extension HelloAnswer {
    var text: String {
        switch self {
        case .accepted(let durable, let next, _, _): "accepted at \(StreamMark(durable).text), next \(next)"
        case .refused(let refusal, let tail): "refused: \(refusal), has \(StreamMark(tail).text)"
        }
    }
}
