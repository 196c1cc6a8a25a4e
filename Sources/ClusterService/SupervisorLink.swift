import Glibc
import Linux
import MembershipCore
import NIOPosix
import Primitives
import SupervisorProtocol

/// Asks this node's supervisor over its control socket.
struct SupervisorLink: Sendable {
    private static let patience = Span.seconds(10)
    /// etcd is stopped and started meanwhile: longer than the supervisor gives it.
    private static let raftPatience = Span.seconds(130)

    let path: String

    /// The supervisor reads `cluster.json` again and starts or stops what follows from it.
    func reload() async throws { try await ask(.reload, within: Self.patience) }

    /// Restarts this node's etcd with these timings; returns when it answers again.
    func use(_ timing: LocalMembership.RaftTiming) async throws {
        let request = SupervisorRequest.raft(
            heartbeatMilliseconds: timing.heartbeatMilliseconds, electionMilliseconds: timing.electionMilliseconds)
        try await ask(request, within: Self.raftPatience)
    }

    private func ask(_ request: SupervisorRequest, within limit: Span) async throws {
        let path = path
        try await BlockingWork.run { try Self.exchange(request, at: path, within: limit) }
    }

    private static func exchange(_ request: SupervisorRequest, at path: String, within limit: Span) throws {
        let descriptor = try UnixSocket.connect(path, kind: .stream)
        guard try descriptor.send(request.line + "\n") != nil else {
            throw SupervisorSilent(request: request.line)
        }
        var lines = LineBuffer()
        var buffer = [UInt8](repeating: 0, count: 4096)
        let deadline = BootClock.now + limit
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
