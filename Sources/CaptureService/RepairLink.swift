import CaptureProtocol
import Identity
import JournalStore
import Linux
import Logging
import NIOCore
import Primitives
import StreamProtocol

/// Asks the other node of an assignment for its copy of what is damaged here, one question after the other, over a
/// connection that is opened for the first one and ended when no more come. Lives on the event loop.
final class RepairLink: StreamEnd {
    /// From a question to its answer, the connection included.
    private static let patience = TimeAmount.seconds(15)
    /// A connection without a question is ended well ahead of the moment when the other side would.
    private static let idle = TimeAmount.seconds(3)

    enum Answer {
        case frame(FrameBuffer)
        case bytes([UInt8])
    }

    private struct Question {
        let subject: FetchRequest.Subject
        let completion: (Result<Answer, RepairFailure>) -> Void
    }

    let place: StreamAssignment.Place
    private let machine: MachineID
    private let surroundings: CaptureSurroundings
    fileprivate var loop: any EventLoop { surroundings.loop }
    private var questions: [Question] = []
    private var number: UInt64 = 0
    private var connection: StreamConnection?
    /// Those that were ended from here and are not closed yet.
    private var leaving: [StreamConnection] = []
    private var isConnecting = false
    /// Of the question or of the silence behind it.
    private var deadline: Scheduled<Void>?
    /// The first question was put and not answered.
    private var isAsking = false

    init(to place: StreamAssignment.Place, machine: MachineID, _ surroundings: CaptureSurroundings) {
        self.place = place
        self.machine = machine
        self.surroundings = surroundings
    }

    func ask(_ subject: FetchRequest.Subject, _ completion: @escaping (Result<Answer, RepairFailure>) -> Void) {
        questions.append(Question(subject: subject, completion: completion))
        if questions.count == 1 { goOn() }
    }

    /// Every question is answered that it cannot be.
    func stop() { fail("it is not asked any more") }

    private func goOn() {
        deadline?.cancel()
        guard let question = questions.first else { return wait(Self.idle) { $0.end() } }
        wait(Self.patience) { $0.fail("it does not answer in time") }
        guard let connection else { return connect() }
        number += 1
        isAsking = true
        connection.send(.fetch(FetchRequest(number: number, machine: machine, subject: question.subject)))
    }

    private func wait(_ time: TimeAmount, _ body: @escaping (RepairLink) -> Void) {
        deadline = surroundings.loop.assumeIsolated().scheduleTask(in: time) { [weak self] in
            if let self { body(self) }
        }
    }

    private func connect() {
        guard !isConnecting else { return }
        isConnecting = true
        do {
            let identity = surroundings.identity.identity
            let made = try surroundings.transport.connect(
                to: try SocketAddress(place: place.address), tls: try identity.mutualClientTLS(),
                trust: identity.trust, end: self)
            made.assumeIsolated().whenFailure { error in
                self.isConnecting = false
                self.fail("\(error)")
            }
        } catch {
            isConnecting = false
            fail("\(error)")
        }
    }

    private func end() {
        if let connection { leave(connection, "there are no more questions") }
        connection = nil
    }

    /// Ends a connection; that it has closed does not concern the questions then.
    private func leave(_ connection: StreamConnection, _ reason: String) {
        leaving.append(connection)
        connection.end(reason)
    }

    private func fail(_ cause: String) {
        deadline?.cancel()
        let failed = questions
        questions = []
        isAsking = false
        end()
        for question in failed {
            question.completion(.failure(.failed("node \(place.node) cannot be asked: \(cause)")))
        }
    }

    private func answered(_ result: Result<Answer, RepairFailure>) {
        let question = questions.removeFirst()
        isAsking = false
        goOn()
        question.completion(result)
    }

    // MARK: StreamEnd

    func opened(_ connection: StreamConnection, peer: StreamPeer) {
        isConnecting = false
        guard peer == .node(place.node) else {
            let cause = "at \(place.address) is \(peer), not node \(place.node)"
            leave(connection, cause)
            return fail(cause)
        }
        guard !questions.isEmpty else { return leave(connection, "there are no more questions") }
        self.connection = connection
        goOn()
    }

    func received(_ message: StreamMessage, on connection: StreamConnection) {
        guard connection === self.connection else { return }
        guard case .fetched(let answer) = message, isAsking, answer.number == number, let asked = questions.first else {
            return connection.end("this is not said to who asks for a whole copy")
        }
        switch (answer.outcome, asked.subject) {
        // The frame itself follows.
        case (.whole, .frame): break
        case (.whole, .range): answered(.success(.bytes(answer.bytes)))
        case (.damaged, _): answered(.failure(.damaged))
        case (.absent, _): answered(.failure(.absent))
        case (.refused, _): answered(.failure(.failed("node \(place.node) cannot look at the moment")))
        }
    }

    func received(_ frame: ReceivedFrame, on connection: StreamConnection) {
        guard connection === self.connection else { return }
        guard isAsking, case .frame = questions.first?.subject else {
            return connection.end("a frame that nobody asked for")
        }
        answered(.success(.frame(FrameBuffer(frame.frame))))
    }

    func readEnded(_ connection: StreamConnection) {}

    func becameWritable(_ connection: StreamConnection) {}

    func closed(_ connection: StreamConnection, reason: String) {
        if let index = leaving.firstIndex(where: { $0 === connection }) {
            leaving.remove(at: index)
            return
        }
        isConnecting = false
        self.connection = nil
        fail(reason)
    }
}

extension JournalRepair {
    /// - Parameter link: of the event loop; the questions come from the journal's.
    init(_ link: RepairLink) {
        let loop = link.loop
        let bound = NIOLoopBound(link, eventLoop: loop)
        self.init(
            source: "node \(link.place.node)",
            frame: { position, answer in
                loop.execute {
                    bound.value.ask(.frame(after: position)) { result in
                        answer(
                            result.flatMap {
                                if case .frame(let frame) = $0 { .success(frame) } else { .failure(.different) }
                            })
                    }
                }
            },
            range: { volume, address, units, position, answer in
                loop.execute {
                    bound.value.ask(.range(volume, address: address, units: units, at: position)) { result in
                        answer(
                            result.flatMap {
                                if case .bytes(let bytes) = $0 { .success(bytes) } else { .failure(.different) }
                            })
                    }
                }
            })
    }
}
