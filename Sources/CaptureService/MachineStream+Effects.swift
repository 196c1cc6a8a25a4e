import CaptureProtocol
import JournalCore
import JournalStore
import Linux
import Logging
import NIOCore
import Primitives
import ReplicationCore
import StreamProtocol

extension MachineStream {
    /// Bytes that wait at the source when its link is what holds the stream up.
    private static let busy: UInt64 = 4 << 20

    func perform(_ effect: ReceiverCore.Effect, _ arrival: Arrival?) {
        switch effect {
        case .answer(let number, let answer): self.answer(number, answer)
        case .close(let number, let reason):
            connections[number]?.end("\(reason)")
            lost(number)
        case .append(let end):
            guard let arrival else { preconditionFailure("an append without its frame") }
            append(arrival, end: end)
        case .truncate:
            recent.removeAll()
            clock.forget()
        case .begin(let generation, let predecessor): begin(generation, after: predecessor)
        case .beginCopy(let number): beginCopy(number)
        case .acknowledge(let number, let acknowledgement): acknowledge(number, acknowledgement)
        case .durable(let position):
            forward?.step(.durable(position))
            judgeSafety()
        case .wake(let moment): wake(at: moment)
        case .report(let report): note(report)
        }
    }

    private func answer(_ number: ReceiverCore.Connection, _ answer: HelloAnswer) {
        guard let connection = connections[number] else { return }
        if case .accepted(let durable, let next, let credits, _) = answer {
            link.offered = hellos[number]?.codecs ?? [.none]
            let codec = link.choice
            return connection.send(.answer(.accepted(durable: durable, next: next, credits: credits, codec: codec)))
        }
        connection.send(.answer(answer))
        guard case .refused(let refusal, _) = answer else { return }
        // A source with another predecessor begins anew on the same connection.
        if refusal != .wrongPredecessor { connection.end("the hello was refused: \(refusal)") }
    }

    private func append(_ arrival: Arrival, end: StreamPosition) {
        guard let open else { return }
        recent.append(arrival.frame, start: arrival.start, end: end)
        let now = BootClock.now
        clock.received(arrival.frame.header, at: now)
        // A source with nothing in hand says nothing about the link.
        if lastReport?.bytesBehind ?? 0 > Self.busy {
            link.passed(arrival.frame.header.frameLength, at: now)
        } else {
            link.idle()
        }
        open.journal.append(
            arrival.frame,
            refused: returning { [weak self] (refusal: JournalRefusal) in self?.appendRefused(refusal) })
    }

    private func acknowledge(_ number: ReceiverCore.Connection, _ acknowledgement: Acknowledgement) {
        guard let connection = connections[number] else { return }
        // Acknowledgements are cumulative: for a side that does not read, the last one is enough.
        guard connection.isWritable else {
            unsaid = (number, acknowledgement)
            return
        }
        connection.send(.acknowledgement(acknowledgement))
    }

    private func begin(_ generation: Generation, after predecessor: StreamPosition) {
        guard let open else { return }
        let branch = ForwarderCore.Branch(generation: generation, predecessor: predecessor)
        let book = open.branches
        var next = book
        next.begin(branch)
        open.branches = next
        let written = next
        surroundings.workers.run(
            { try written.write() },
            returning { [weak self] (result: Result<Void, any Error>) in
                switch result {
                case .success: self?.beginInJournal(branch)
                case .failure(let error): self?.journalFaulted("\(error)")
                }
            })
    }

    private func beginInJournal(_ branch: ForwarderCore.Branch) {
        open?.journal.begin(
            branch.generation, after: branch.predecessor,
            completion: returning { [weak self] (refusal: JournalRefusal?) in
                guard let self else { return }
                if let refusal { return self.appendRefused(refusal) }
                self.forward?.step(.begun(branch))
                self.step(.event(.begun))
            })
    }

    private func note(_ report: ReceiverCore.Report) {
        switch report {
        case .linked(let number, let purpose, let generation):
            speaker = Speaker(connection: number, purpose: purpose, generation: generation)
            lastSource = purpose == .source ? hellos[number] : nil
            lastReport = nil
            logger.info("machine \(machine): \(purpose) on connection \(number), generation \(generation.number)")
            judgeForwarding()
        case .refused(let number, let refusal):
            logger.info("machine \(machine): the hello of connection \(number) is refused: \(refusal)")
        case .dropped(let number, let reason):
            logger.error("machine \(machine): connection \(number) is ended: \(reason)")
        case .conditionChanged(let condition):
            logger.notice("machine \(machine): the stream is now \(condition)")
        }
    }

    /// What the source may call safe, for the lag.
    func judgeSafety() {
        guard let open else { return }
        let durable = StreamMark(open.receiver.durable)
        let isReplicated = assignment?.level == .replicated && assignment?.second != nil
        let mark = isReplicated ? min(durable, forward?.peerMark ?? StreamMark(.none)) : durable
        clock.safe(mark, wall: WallClock.now)
    }
}
