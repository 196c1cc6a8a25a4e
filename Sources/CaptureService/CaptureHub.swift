import CaptureProtocol
import ConfigurationCore
import Identity
import JournalStore
import Linux
import Logging
import NIOCore
import Primitives
import StreamProtocol

/// Everything of this node's capture daemon that lives on its event loop: the assignments, a stream for each machine,
/// and the connections of which it is not known yet whose they are.
final class CaptureHub {
    /// Connections at one time of which nothing is known yet; more are closed as they come.
    private static let mostGreetings = 256

    let surroundings: CaptureSurroundings
    let exports: ExportDesk
    private let scrubber: Scrubber
    private var book: AssignmentBook
    private(set) var streams: [MachineID: MachineStream] = [:]
    private var greetings: [ObjectIdentifier: Greeting] = [:]
    private var desks: [ObjectIdentifier: RepairDesk] = [:]
    private var ticker: RepeatedTask?
    private var seconds = 0
    /// Seconds after which the node's certificate is read anew.
    private static let reloadPause = 10

    var logger: Logger { surroundings.logger }

    /// - Parameters:
    ///   - records: what was exported when the daemon ended.
    ///   - found: machines whose journals are on this node's disk.
    init(
        _ surroundings: CaptureSurroundings, book: AssignmentBook, scrubs: ScrubBook, records: [ExportRecord],
        found: [MachineID]
    ) {
        self.surroundings = surroundings
        scrubber = Scrubber(surroundings.configuration.scrub, book: scrubs, logger: surroundings.logger)
        exports = ExportDesk(
            records, path: surroundings.configuration.exportsPath,
            folder: surroundings.configuration.exportDirectory, loop: surroundings.loop,
            workers: surroundings.workers, disk: surroundings.disk.loop, logger: surroundings.logger)
        self.book = book
        for assignment in book.assignments.values { add(assignment.machine).assign(assignment) }
        // Journals of machines that are no longer assigned still serve their points.
        for machine in found where streams[machine] == nil { add(machine).openJournal() }
        tick()
    }

    @discardableResult
    private func add(_ machine: MachineID) -> MachineStream {
        if let stream = streams[machine] { return stream }
        let stream = MachineStream(machine, surroundings, exports)
        streams[machine] = stream
        return stream
    }

    func stream(_ machine: MachineID) throws(CaptureRefusal) -> MachineStream {
        guard let stream = streams[machine] else {
            throw CaptureRefusal(.unknownMachine, "machine \(machine) has nothing on this node")
        }
        return stream
    }

    // MARK: Connections

    /// - Returns: who talks with a new connection; nil when there are too many.
    func greet() -> (any StreamEnd)? {
        guard greetings.count < Self.mostGreetings else { return nil }
        let greeting = Greeting(hub: self)
        greetings[ObjectIdentifier(greeting)] = greeting
        return greeting
    }

    func forget(_ greeting: Greeting) { greetings[ObjectIdentifier(greeting)] = nil }

    func forget(_ desk: RepairDesk) { desks[ObjectIdentifier(desk)] = nil }

    /// A node begins to ask for whole copies.
    func asked(_ request: FetchRequest, by peer: StreamPeer, on connection: StreamConnection) {
        let desk = RepairDesk(self, for: peer)
        desks[ObjectIdentifier(desk)] = desk
        connection.hand(to: desk)
        desk.answer(request, on: connection)
    }

    /// Whether somebody may read a machine's copies: the nodes of its assignment.
    func serves(_ peer: StreamPeer, _ machine: MachineID) -> Bool {
        guard case .node(let node) = peer, let assignment = book.assignments[machine] else { return false }
        return assignment.receiver.node == node || assignment.second?.node == node
    }

    /// Hands a connection to its machine's stream, if its certificate allows what it wants.
    func greeted(_ hello: Hello, by peer: StreamPeer, on connection: StreamConnection) {
        let assignment = book.assignments[hello.machine]
        guard allows(peer, hello) else {
            return connection.end("the certificate of \(peer) is not for \(hello.purpose) of machine \(hello.machine)")
        }
        guard assignment != nil, let stream = streams[hello.machine] else {
            connection.send(.answer(.refused(.unknownMachine, tail: .none)))
            return connection.end("machine \(hello.machine) is not assigned to this node")
        }
        if hello.purpose == .source, let assignment, let problem = Self.wrongBlocks(hello, assignment) {
            logger.error("machine \(hello.machine): \(problem)")
            return connection.end(problem)
        }
        stream.greeted(hello, on: connection)
    }

    /// A disk in other blocks than its copy could not be started from it: partition tables count in blocks.
    ///
    /// - Returns: a sentence; nil when the blocks of all volumes fit.
    private static func wrongBlocks(_ hello: Hello, _ assignment: StreamAssignment) -> String? {
        for volume in hello.volumes {
            let known = assignment.volumes.first { $0.number == volume.number }
            guard let known, known.blockSize != Int(volume.blockSize) else { continue }
            return "volume \(volume.number.number) ('\(known.name)') has blocks of \(volume.blockSize) bytes and was "
                + "protected with blocks of \(known.blockSize): unprotect the machine and protect it with the right ones"
        }
        return nil
    }

    /// A source sends its own machine's stream; a node passes on streams of machines that are assigned to it too.
    private func allows(_ peer: StreamPeer, _ hello: Hello) -> Bool {
        switch (peer, hello.purpose) {
        case (.source(let machine), .source): machine == hello.machine
        case (.node, .forward), (.node, .copy): serves(peer, hello.machine)
        case (.source, .forward), (.source, .copy), (.node, .source): false
        }
    }

    // MARK: Assignments

    /// - Throws: `CaptureRefusal`; nothing has changed then.
    func assign(_ assignments: [StreamAssignment]) throws(CaptureRefusal) {
        let own = surroundings.node
        if let stranger = assignments.first(where: { $0.receiver.node != own && $0.second?.node != own }) {
            throw CaptureRefusal(.malformed, "the assignment of machine \(stranger.machine) does not name node \(own)")
        }
        try book.replace(with: assignments)
        for (machine, stream) in streams where book.assignments[machine] == nil { stream.assign(nil) }
        for assignment in book.assignments.values { add(assignment.machine).assign(assignment) }
    }

    func isAssigned(_ machine: MachineID) -> Bool { book.assignments[machine] != nil }

    func drop(_ machine: MachineID) {
        streams[machine] = nil
        scrubber.forget(machine)
    }

    // MARK: Time

    private func tick() {
        let bound = NIOLoopBound(self, eventLoop: surroundings.loop)
        ticker = surroundings.loop.scheduleRepeatedTask(initialDelay: .seconds(1), delay: .seconds(1)) { _ in
            bound.value.secondPassed()
        }
    }

    private func secondPassed() {
        let now = BootClock.now
        for stream in streams.values { stream.secondPassed(at: now) }
        scrubber.secondPassed(streams, at: WallClock.now / 1_000_000_000)
        seconds += 1
        guard seconds % Self.reloadPause == 0 else { return }
        for stream in streams.values { stream.applyReleases() }
        do { try surroundings.identity.reload() } catch {
            logger.error("the old certificate stays in use: \(error)")
        }
    }

    /// Ends everything in order.
    func stop() -> EventLoopFuture<Void> {
        ticker?.cancel()
        let ends = streams.values.map { $0.stop() }
        return EventLoopFuture.andAllComplete(ends, on: surroundings.loop)
    }
}
