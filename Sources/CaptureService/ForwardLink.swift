import CaptureProtocol
import Identity
import JournalStore
import Linux
import Logging
import NIOCore
import NIOSSL
import Primitives
import ReplicationCore
import StreamProtocol

/// Brings the other node of the assignment level with this one. Lives on the event loop.
final class ForwardLink: StreamEnd {
    /// Frames that are read from the disk or written to the network in one go.
    private static let batch = 1 << 20

    let place: StreamAssignment.Place
    unowned let stream: MachineStream
    let journal: Journal
    private var core: ForwarderCore
    private(set) var connection: StreamConnection?
    let codecs = LinkCodec()
    /// Grows with each attempt, so that late news of an earlier one is passed over.
    private var attempt = 0
    private var wake: Scheduled<Void>?
    private var beat: RepeatedTask?
    private var inputs: [ForwarderCore.Event] = []
    private var isStepping = false
    /// A `send` whose frames were written; told once the other side takes more.
    private var isWaitingForRoom: ForwarderCore.Event?
    var copy: CopySender?
    /// What the other node has flushed.
    private(set) var peerMark = StreamMark(.none)
    private(set) var isSplitBrain = false

    var logger: Logger { stream.logger }
    private var loop: any EventLoop { stream.loop }

    init(
        to place: StreamAssignment.Place, of stream: MachineStream, _ journal: Journal,
        branches: [ForwarderCore.Branch], durable: StreamPosition
    ) {
        self.place = place
        self.stream = stream
        self.journal = journal
        core = ForwarderCore(machine: stream.machine, branches: branches, durable: durable)
    }

    var phase: ForwarderCore.Phase { core.phase }

    func step(_ event: ForwarderCore.Event) {
        inputs.append(event)
        guard !isStepping else { return }
        isStepping = true
        var next = 0
        while next < inputs.count {
            var effects: [ForwarderCore.Effect] = []
            core.step(inputs[next], at: BootClock.now, into: &effects)
            for effect in effects { perform(effect) }
            next += 1
        }
        inputs.removeAll(keepingCapacity: true)
        isStepping = false
    }

    /// Ends everything; nothing is told any more.
    func stop() {
        attempt += 1
        wake?.cancel()
        beat?.cancel()
        connection?.end("this node passes nothing on any more")
        connection = nil
        copy?.stop()
    }

    private func perform(_ effect: ForwarderCore.Effect) {
        switch effect {
        case .connect: connect()
        case .disconnect: disconnect()
        case .greet(let hello): connection?.send(.hello(hello))
        case .find(let position): find(position)
        case .send(let position, let bytes): send(after: position, bytes: Int(clamping: bytes))
        case .copyBase: copyBase()
        case .sendCopyEnd(var end):
            end.time = copy?.start?.time ?? 0
            connection?.send(.copyEnd(end))
        case .peerFlushed(let mark):
            peerMark = max(peerMark, mark)
            stream.step(.event(.peerFlushed(mark)))
            stream.judgeSafety()
        case .wake(let moment): wake(at: moment)
        case .report(let report): note(report)
        }
    }

    // MARK: Connection

    private func connect() {
        attempt += 1
        let attempt = attempt
        do {
            let identity = stream.surroundings.identity.identity
            let address = try SocketAddress(place: place.address)
            let made = try stream.surroundings.transport.connect(
                to: address, tls: try identity.mutualClientTLS(), trust: identity.trust, end: self)
            made.assumeIsolated().whenFailure { error in
                guard attempt == self.attempt else { return }
                self.logger.debug("node \(self.place.node) does not answer at \(self.place.address): \(error)")
                self.step(.disconnected)
            }
        } catch {
            logger.error("node \(place.node) cannot be dialled at \(place.address): \(error)")
            step(.disconnected)
        }
    }

    private func disconnect() {
        attempt += 1
        isWaitingForRoom = nil
        copy?.stop()
        copy = nil
        beat?.cancel()
        connection?.end("it is begun anew")
        connection = nil
    }

    private func wake(at moment: Instant) {
        wake?.cancel()
        let span = max(Span.zero, moment - BootClock.now)
        wake = loop.assumeIsolated().scheduleTask(in: .nanoseconds(span.nanoseconds)) { [weak self] in
            self?.step(.wake)
        }
    }

    // MARK: StreamEnd

    func opened(_ connection: StreamConnection, peer: StreamPeer) {
        guard peer == .node(place.node) else {
            return connection.end("at \(place.address) is \(peer), not node \(place.node)")
        }
        guard self.connection == nil, core.phase == .connecting else { return connection.end("it came too late") }
        self.connection = connection
        let bound = NIOLoopBound(self, eventLoop: loop)
        beat = loop.scheduleRepeatedTask(initialDelay: .seconds(1), delay: .seconds(1)) { _ in
            bound.value.reportToOther()
        }
        step(.connected)
    }

    /// So that neither side takes the other for dead.
    private func reportToOther() {
        guard let connection, connection.isWritable else { return }
        let nothing = SourceReport(bytesBehind: 0, oldestUnsafe: 0, copiedBytes: 0, bytesToCopy: 0)
        connection.send(.report(copy?.report ?? stream.lastReport ?? nothing))
    }

    func received(_ message: StreamMessage, on connection: StreamConnection) {
        guard connection === self.connection else { return }
        switch message {
        case .answer(let answer): step(.answered(answer))
        case .acknowledgement(let acknowledgement): step(.acknowledged(acknowledgement))
        default: connection.end("this is not said to a forwarder")
        }
    }

    func received(_ frame: ReceivedFrame, on connection: StreamConnection) {
        connection.end("frames are not sent to a forwarder")
    }

    func readEnded(_ connection: StreamConnection) {}

    func becameWritable(_ connection: StreamConnection) {
        guard connection === self.connection else { return }
        if let event = isWaitingForRoom {
            isWaitingForRoom = nil
            step(event)
        }
        copy?.goOn()
    }

    func closed(_ connection: StreamConnection, reason: String) {
        guard connection === self.connection || (self.connection == nil && core.phase == .connecting) else { return }
        logger.info("machine \(stream.machine): the connection to node \(place.node) ended: \(reason)")
        disconnect()
        step(.disconnected)
    }

    // MARK: Frames

    private func find(_ position: StreamPosition) {
        let attempt = attempt
        journal.frames(
            after: position, limit: 1,
            completion: stream.returning { [weak self] (result: Result<[FrameBuffer], FramesError>) in
                guard let self, attempt == self.attempt else { return }
                switch result {
                case .success, .failure(.damaged): self.step(.found(position, .readable))
                case .failure(.tooOld): self.step(.found(position, .folded))
                case .failure(.unknown): self.step(.found(position, .strange))
                case .failure(.closed): self.step(.readFailed)
                }
            })
    }

    private func send(after position: StreamPosition, bytes: Int) {
        let most = min(bytes, Self.batch)
        if let items = stream.recent.frames(after: position, upTo: StreamMark(core.durable), bytes: most) {
            return write(items.map { ($0.frame, $0.end) })
        }
        let attempt = attempt
        journal.frames(
            after: position, limit: most,
            completion: stream.returning { [weak self] (result: Result<[FrameBuffer], FramesError>) in
                guard let self, attempt == self.attempt else { return }
                switch result {
                case .success(let frames): self.write(self.sendable(frames, after: position))
                case .failure(let error):
                    self.logger.error("machine \(self.stream.machine): frames for node \(self.place.node): \(error)")
                    self.step(.readFailed)
                }
            })
    }

    /// Those of one generation that are durable, with the positions behind them.
    private func sendable(_ frames: [FrameBuffer], after start: StreamPosition) -> [(FrameBuffer, StreamPosition)] {
        var sendable: [(FrameBuffer, StreamPosition)] = []
        var digest = start.digest
        for frame in frames {
            let header = frame.header
            digest = digest.following(frame.frame)
            let end = StreamPosition(generation: header.generation, sequence: header.lastSequence, digest: digest)
            guard header.generation == frames[0].header.generation, StreamMark(end) <= StreamMark(core.durable) else {
                break
            }
            sendable.append((frame, end))
        }
        return sendable
    }

    private func write(_ frames: [(frame: FrameBuffer, end: StreamPosition)]) {
        guard let connection, let last = frames.last else { return step(.readFailed) }
        var bytes: UInt64 = 0
        for (frame, _) in frames {
            connection.send(frame: frame.bytes)
            bytes += UInt64(frame.header.frameLength)
        }
        connection.flush()
        let event = ForwarderCore.Event.read(last.end, bytes: bytes)
        if connection.isWritable { step(event) } else { isWaitingForRoom = event }
    }

    private func note(_ report: ForwarderCore.Report) {
        let name = "machine \(stream.machine): node \(place.node)"
        isSplitBrain = false
        switch report {
        case .forwarding(let mark):
            // The frames behind the copied base are on their way: it may move on.
            copy?.stop()
            copy = nil
            logger.info("\(name) has everything up to record \(mark.sequence) of generation \(mark.generation.number)")
        case .copying(let tail):
            logger.notice(
                "\(name) gets a copy: its end is record \(tail.sequence) of generation \(tail.generation.number)")
        case .behind: logger.info("\(name) has more than this node")
        case .splitBrain(let ours, let theirs):
            isSplitBrain = true
            let (here, there) = (ours.generation.number, theirs.generation.number)
            logger.error("\(name) and this one do not know each other's generation: \(here) here, \(there) there")
        case .refused(let refusal): logger.debug("\(name) refuses: \(refusal)")
        }
        stream.alarms.set(.splitBrain, isSplitBrain)
    }
}

extension SocketAddress {
    /// - Parameter place: `ADDRESS:PORT`, an address of IPv6 in brackets.
    /// - Throws: `CaptureServiceError` when it is none.
    init(place: String) throws {
        guard let colon = place.lastIndex(of: ":"), let port = UInt16(place[place.index(after: colon)...]) else {
            throw CaptureServiceError("'\(place)' is no address with a port")
        }
        let host = place[..<colon].drop { $0 == "[" }
        try self.init(ipAddress: String(host.last == "]" ? host.dropLast() : host), port: Int(port))
    }
}
