import CaptureProtocol
import ConfigurationCore
import JournalCore
import JournalStore
import Linux
import Logging
import NIOCore
import Primitives
import ReplicationCore
import StreamProtocol

extension MachineStream {
    /// Bytes that may be received of one stream and not be flushed yet.
    private static let window: UInt64 = 32 << 20

    var folder: String { "\(surroundings.configuration.journalDirectory)/\(machine)" }
    var branchPath: String { "\(surroundings.configuration.journalDirectory)/\(machine).generations" }

    /// Opens the journal, or begins one when the machine is assigned here.
    func openJournal() {
        disk = .opening
        let (folder, branchPath, machine, host) = (folder, branchPath, machine, surroundings.disk)
        let volumes = assignment?.volumes.map {
            JournalVolume(number: $0.number, size: $0.size, blockSize: $0.blockSize)
        }
        let listener = returning { [weak self] (event: JournalEvent) in self?.heard(event) }
        let bound = NIOLoopBound(self, eventLoop: loop)
        let loop = loop
        let (workers, configuration) = (surroundings.workers, surroundings.journals)
        workers.run(
            {
                let journal = try Journal.open(
                    folder, machine: machine, volumes: volumes, on: host, configuration: configuration,
                    listener: listener)
                journal.status { status in
                    // The generations are read where reading may block.
                    workers.run(
                        { (journal, status, try BranchBook(path: branchPath, tail: status.durable)) },
                        { result in loop.execute { bound.value.opened(result) } })
                }
            },
            { result in
                guard case .failure(let error) = result else { return }
                loop.execute { bound.value.opened(.failure(error)) }
            })
    }

    private func opened(_ result: Result<(Journal, JournalStatus, BranchBook), any Error>) {
        guard case .opening = disk else {
            // The daemon ended meanwhile.
            if case .success((let journal, _, _)) = result { journal.close {} }
            return
        }
        switch result {
        case .success((let journal, let status, let branches)):
            let receiver = ReceiverCore(
                machine: machine, epoch: assignment?.epoch ?? 0, durable: status.durable,
                predecessor: branches.predecessor, consistent: status.newestPoint == nil ? nil : status.durable,
                settings: ReceiverCore.Settings(window: Self.window))
            disk = .open(OpenJournal(journal, receiver, branches))
            alarms.set(.journalFaulted, false)
            if let retention = assignment?.retention { journal.setRetention(JournalRetention(retention)) }
            applyReleases()
            exports.restore(machine, journal)
            let (record, generation) = (status.durable.sequence, status.durable.generation.number)
            logger.info("machine \(machine): the journal ends with record \(record) of generation \(generation)")
            judgeAssignment()
            judgeEarly()
        case .failure(let error):
            disk = .failed("\(error)")
            judgeEarly()
            alarms.set(.journalFaulted, true)
            logger.error("machine \(machine): \(error)")
        }
    }

    // MARK: What the journal says

    private func heard(_ event: JournalEvent) {
        switch event {
        case .durable(let position, _):
            step(.event(.flushed(position)))
            beginComparisons()
            lookForBookmarks()
            lookWhetherDrained()
        case .full:
            alarms.set(.journalFull, true)
            drain([.full])
        case .hasRoom:
            alarms.set(.journalFull, false)
            logger.notice("machine \(machine): the journal has room again")
            drain([.taking])
        case .faulted(let cause): journalFaulted(cause)
        case .finding(let finding):
            alarms.set(.damaged, true)
            logger.error("machine \(machine): \(finding)")
        case .folded(let position): step(.event(.applied(StreamMark(position))))
        }
    }

    func journalFaulted(_ cause: String) {
        logger.error("machine \(machine): the journal takes nothing more: \(cause)")
        alarms.set(.journalFaulted, true)
        afterDraining = []
        step(.event(.conditionChanged(.faulted)))
    }

    /// The journal did not take a frame that the core took. What it took before becomes durable; the stream goes on
    /// from there, over another connection.
    func appendRefused(_ refusal: JournalRefusal) {
        switch refusal.reason {
        case .full, .faulted, .closed: return
        default: break
        }
        guard let speaker, let connection = connections[speaker.connection] else { return }
        logger.error("machine \(machine): a frame is refused: \(refusal)")
        connection.end("a frame is refused: \(refusal)")
        lost(speaker.connection)
        drain([.faulted, .taking])
    }

    /// Tells the core of conditions once it and the journal agree about what is durable.
    private func drain(_ conditions: [ReceiverCore.Condition]) {
        afterDraining += conditions
        lookWhetherDrained()
    }

    private func lookWhetherDrained() {
        guard !afterDraining.isEmpty, let open else { return }
        open.journal.status(
            returning { [weak self] (status: JournalStatus) in
                guard let self, status.taken == status.durable else { return }
                let conditions = self.afterDraining
                self.afterDraining = []
                for condition in conditions { self.step(.event(.conditionChanged(condition))) }
            })
    }

    private func lookForBookmarks() {
        guard let open else { return }
        for text in Set(bookmarks.waiters.map(\.text)) {
            open.journal.point(
                .bookmark(text),
                completion: returning { [weak self] (result: Result<StoredPoint, PointError>) in
                    // One that is not there yet is waited for.
                    if case .success(let point) = result { self?.bookmarks.found(JournalPoint(point), text: text) }
                })
        }
    }
}

extension JournalRetention {
    init(_ retention: StreamAssignment.Retention) {
        self.init(
            window: Self.nanoseconds(retention.window), isHeld: retention.isHeld,
            keep: (retention.keep ?? []).filter { $0.every > 0 }.map {
                Keep(every: Self.nanoseconds($0.every), age: Self.nanoseconds($0.age))
            })
    }

    private static func nanoseconds(_ seconds: UInt64) -> UInt64 {
        let product = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        return product.overflow ? .max : product.partialValue
    }
}

extension JournalPoint {
    init(_ point: StoredPoint) {
        let kind: Kind =
            switch point.kind {
            case .mark: .bookmark
            case .cut: .cut
            default: .barrier
            }
        self.init(
            generation: point.position.generation, sequence: point.position.sequence, time: point.time, kind: kind,
            text: point.text)
    }
}

extension MachineStream {
    func judgeForwarding() {
        guard let open else { return }
        guard let other = otherPlace, let hello = forwardHello(open) else { return endForwarding() }
        if forward?.place != other { endForwarding() }
        if forward == nil {
            forward = ForwardLink(
                to: other, of: self, open.journal, branches: open.branches.branches, durable: open.receiver.durable)
        }
        forward?.step(.assigned(hello))
    }

    func endForwarding() {
        forward?.stop()
        forward = nil
        alarms.set(.splitBrain, false)
    }

    /// The other node of the assignment.
    var otherPlace: StreamAssignment.Place? {
        guard let assignment, let second = assignment.second else { return nil }
        return assignment.receiver.node == surroundings.node ? second : assignment.receiver
    }

    /// What to say to the other node. The one that has the source passes the stream on; once it has gone, the one that
    /// had it last; after a restart the receiver of the assignment, whose session any source outbids.
    private func forwardHello(_ open: OpenJournal) -> Hello? {
        guard let assignment else { return nil }
        if let speaker, speaker.purpose != .source { return nil }
        let isOurs = lastSource != nil || assignment.receiver.node == surroundings.node
        guard isOurs else { return nil }
        return Hello(
            machine: machine, purpose: .forward, epoch: assignment.epoch, session: lastSource?.session ?? 0,
            generation: Generation(0), predecessor: .none,
            volumes: lastSource?.volumes
                ?? assignment.volumes.map {
                    Hello.Volume(number: $0.number, size: $0.size, blockSize: UInt32($0.blockSize))
                },
            level: assignment.level, codecs: [.none, .lz4, .zstd])
    }
}
