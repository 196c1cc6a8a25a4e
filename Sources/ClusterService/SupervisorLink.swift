import Glibc
import Linux
import NIOPosix
import Primitives
import SupervisorProtocol

/// Asks this node's supervisor over its control socket.
struct SupervisorLink: Sendable {
    private static let patience = Span.seconds(10)

    let path: String

    /// The supervisor reads `cluster.json` again and starts or stops what follows from it.
    func reload() async throws { try await ask(.reload) }

    private func ask(_ request: SupervisorRequest) async throws {
        let path = path
        try await BlockingWork.run { try Self.exchange(request, at: path) }
    }

    private static func exchange(_ request: SupervisorRequest, at path: String) throws {
        let descriptor = try UnixSocket.connect(path, kind: .stream)
        guard try descriptor.send(request.line + "\n") != nil else {
            throw SupervisorSilent(request: request.line)
        }
        var lines = LineBuffer()
        var buffer = [UInt8](repeating: 0, count: 4096)
        let deadline = BootClock.now + patience
        while try Poller.waitReadable(descriptor, until: deadline) {
            guard case .bytes(let count) = try descriptor.receive(into: &buffer) else { break }
            lines.append(buffer[..<count])
            while let line = try lines.next() {
                switch try SupervisorReply.parse(line) {
                case .ok: return
                case .error(let sentence): throw SupervisorRefused(sentence: sentence)
                case .process: continue
                }
            }
        }
        throw SupervisorSilent(request: request.line)
    }
}

struct SupervisorRefused: Error, CustomStringConvertible {
    let sentence: String
    var description: String { "the supervisor refused: \(sentence)" }
}

struct SupervisorSilent: Error, CustomStringConvertible {
    let request: String
    var description: String { "the supervisor did not answer '\(request)' in time" }
}
