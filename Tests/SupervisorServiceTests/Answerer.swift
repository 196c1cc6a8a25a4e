import ConfigurationCore
import Glibc
import Linux
import Primitives

/// Answers the health checks that the supervisor sends to its daemons' sockets, in a thread of the test.
final class Answerer {
    private let wake: Wake
    private var thread: OwnedThread?

    private final class Wake: Sendable {
        let descriptor: WakeDescriptor

        init() throws(SystemError) { descriptor = try WakeDescriptor() }
    }

    /// - Parameter answer: the text that every question gets.
    init(_ path: String, kind: UnixSocket.Kind, answer: String) throws {
        wake = try Wake()
        let wake = wake
        let listener = Listener(try UnixSocket.listen(path, kind: kind))
        thread = try OwnedThread("answerer") { Self.serve(listener, wake, answer) }
    }

    deinit { stop() }

    /// Nobody listens any more afterwards.
    func stop() {
        guard let thread = thread.take() else { return }
        wake.descriptor.wake()
        thread.join()
    }

    private final class Listener: Sendable {
        let socket: OwnedDescriptor

        init(_ socket: consuming OwnedDescriptor) { self.socket = socket }
    }

    private static func serve(_ listener: Listener, _ wake: Wake, _ answer: String) {
        var question = [UInt8](repeating: 0, count: 4_096)
        do throws(SystemError) {
            while true {
                var set = [listener.socket.raw, wake.descriptor.raw].map {
                    pollfd(fd: $0, events: Int16(POLLIN), revents: 0)
                }
                try Poller.wait(&set)
                if set[1].revents != 0 { return }
                guard let connection = try UnixSocket.accept(listener.socket) else { continue }
                if try Poller.waitReadable(connection, until: BootClock.now + .seconds(1)) {
                    // Closing with the question unread would reset the connection before the answer is seen.
                    _ = try connection.receive(into: &question)
                    _ = try connection.send(answer)
                }
            }
        } catch {
            preconditionFailure("the answerer failed: \(error)")
        }
    }
}

extension TestNode {
    func answerForVipd() throws -> Answerer {
        try Answerer(configuration.vipdSocket, kind: .packets, answer: "pong")
    }

    func answerForLicensed() throws -> Answerer {
        try Answerer(configuration.licensedSocket, kind: .stream, answer: "pong\n")
    }

    func answerForClusterd() throws -> Answerer {
        try Answerer(
            configuration.clusterdSocket, kind: .stream,
            answer: "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}")
    }
}
