import CaptureProtocol
import Identity
import JournalStore
import Linux
import Logging
import NIOCore
import ReplicationCore
import StreamProtocol

extension MachineStream: StreamEnd {
    /// Somebody who may speak about this machine says what he wants.
    func greeted(_ hello: Hello, on connection: StreamConnection) {
        if case .failed(let cause) = disk {
            connection.send(.answer(.refused(.faulted, tail: .none)))
            return connection.end("the journal cannot be opened: \(cause)")
        }
        let number = nextConnection
        nextConnection += 1
        connections[number] = connection
        connection.hand(to: self)
        // While the journal is being opened it waits; `judgeEarly` goes on with it.
        hellos[number] = hello
        if open != nil { say(hello, number) }
    }

    /// The journal is open, or cannot be opened: those who came before are answered.
    func judgeEarly() {
        for (number, hello) in hellos.sorted(by: { $0.key < $1.key }) {
            guard case .failed(let cause) = disk else {
                say(hello, number)
                continue
            }
            connections[number]?.send(.answer(.refused(.faulted, tail: .none)))
            connections[number]?.end("the journal cannot be opened: \(cause)")
        }
    }

    private func say(_ hello: Hello, _ number: ReceiverCore.Connection) {
        hellos[number] = hello
        step(.event(.hello(number, hello)))
    }

    private func number(of connection: StreamConnection) -> ReceiverCore.Connection? {
        connections.first { $0.value === connection }?.key
    }

    // MARK: StreamEnd

    func opened(_ connection: StreamConnection, peer: StreamPeer) {}

    func received(_ frame: ReceivedFrame, on connection: StreamConnection) {
        guard let number = number(of: connection), open != nil else {
            return connection.end("a frame ahead of the answer to the hello")
        }
        step(.frame(number, FrameBuffer(frame.frame)))
    }

    func received(_ message: StreamMessage, on connection: StreamConnection) {
        guard let number = number(of: connection) else { return }
        switch message {
        case .hello(let hello): greetedAgain(hello, number, connection)
        case .report(let report): if speaker?.connection == number { lastReport = report }
        case .compare(let request): compare(request, for: number)
        case .copyRange(let range): take(range, from: number)
        case .copyEnd(let end): endCopy(end, from: number)
        case .answer, .acknowledgement, .bookmark, .compared, .fetch, .fetched, .bye:
            connection.end("this is not said to a receiver")
        }
    }

    /// Another generation on the same connection; everything else must stay as it was allowed.
    private func greetedAgain(_ hello: Hello, _ number: ReceiverCore.Connection, _ connection: StreamConnection) {
        guard let before = hellos[number], before.machine == hello.machine,
            (before.purpose == .source) == (hello.purpose == .source)
        else { return connection.end("a second hello for something else") }
        say(hello, number)
    }

    func readEnded(_ connection: StreamConnection) {}

    func becameWritable(_ connection: StreamConnection) {
        guard let number = number(of: connection), let unsaid, unsaid.connection == number else { return }
        self.unsaid = nil
        connection.send(.acknowledgement(unsaid.acknowledgement))
    }

    func closed(_ connection: StreamConnection, reason: String) {
        guard let number = number(of: connection) else { return }
        connections[number] = nil
        hellos[number] = nil
        logger.info("machine \(machine): connection \(number) from \(connection.remote) ended: \(reason)")
        lost(number)
        step(.event(.disconnected(number)))
    }

    /// Nobody speaks over this connection any more.
    func lost(_ number: ReceiverCore.Connection) {
        dropCopy(of: number)
        waitingComparisons.removeAll { $0.connection == number }
        guard speaker?.connection == number else { return }
        speaker = nil
        bookmarks.fail(CaptureRefusal(.sourceAway, "the source went away before its bookmark was durable"))
        judgeForwarding()
    }
}
