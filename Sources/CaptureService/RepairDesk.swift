import Identity
import JournalStore
import NIOCore
import StreamProtocol

/// Answers one node's questions for whole copies of what is damaged there; its connection is for nothing else. Lives on
/// the event loop.
final class RepairDesk: StreamEnd {
    private unowned let hub: CaptureHub
    private let peer: StreamPeer
    /// One question at a time: who asks waits for the answer.
    private var isBusy = false

    init(_ hub: CaptureHub, for peer: StreamPeer) {
        self.hub = hub
        self.peer = peer
    }

    func received(_ message: StreamMessage, on connection: StreamConnection) {
        guard case .fetch(let request) = message, !isBusy else {
            return connection.end("this is not said to who answers for whole copies")
        }
        answer(request, on: connection)
    }

    func answer(_ request: FetchRequest, on connection: StreamConnection) {
        guard hub.serves(peer, request.machine) else {
            return connection.end("the certificate of \(peer) is not for copies of machine \(request.machine)")
        }
        guard let stream = hub.streams[request.machine], let journal = stream.open?.journal else {
            return connection.send(.fetched(FetchAnswer(number: request.number, outcome: .refused)))
        }
        isBusy = true
        switch request.subject {
        case .frame(let position):
            journal.frames(
                after: position, limit: 1,
                completion: stream.returning { (result: Result<[FrameBuffer], FramesError>) in
                    self.isBusy = false
                    self.send(result, to: request, on: connection)
                })
        case .range(let volume, let address, let units, let position):
            journal.lend(
                volume, address, units, at: position,
                completion: stream.returning { (result: Result<[UInt8], RepairFailure>) in
                    self.isBusy = false
                    self.send(result, to: request, on: connection)
                })
        }
    }

    private func send(
        _ result: Result<[FrameBuffer], FramesError>, to request: FetchRequest, on connection: StreamConnection
    ) {
        let outcome: FetchAnswer.Outcome =
            switch result {
            case .success(let frames): frames.isEmpty ? .absent : .whole
            case .failure(.damaged): .damaged
            case .failure(.tooOld), .failure(.unknown): .absent
            case .failure(.closed): .refused
            }
        connection.send(.fetched(FetchAnswer(number: request.number, outcome: outcome)))
        guard case .success(let frames) = result, let frame = frames.first else { return }
        connection.send(frame: frame.bytes)
        connection.flush()
    }

    private func send(
        _ result: Result<[UInt8], RepairFailure>, to request: FetchRequest, on connection: StreamConnection
    ) {
        var answer = FetchAnswer(number: request.number, outcome: .whole)
        switch result {
        case .success(let bytes): answer.bytes = bytes
        case .failure(.damaged): answer.outcome = .damaged
        case .failure(.absent), .failure(.different): answer.outcome = .absent
        case .failure(.failed): answer.outcome = .refused
        }
        connection.send(.fetched(answer))
    }

    // MARK: StreamEnd

    func opened(_ connection: StreamConnection, peer: StreamPeer) {}

    func received(_ frame: ReceivedFrame, on connection: StreamConnection) {
        connection.end("this is not said to who answers for whole copies")
    }

    func readEnded(_ connection: StreamConnection) {}

    func becameWritable(_ connection: StreamConnection) {}

    func closed(_ connection: StreamConnection, reason: String) { hub.forget(self) }
}
