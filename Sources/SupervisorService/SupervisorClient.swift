import Linux
import Primitives
import SupervisorProtocol

/// Asks a running supervisor over its control socket. Blocks; for commands, not for daemons.
struct SupervisorClient: ~Copyable {
    private let socket: OwnedDescriptor
    private var lines = LineBuffer()

    /// - Throws: `SystemError`; ENOENT or ECONNREFUSED when no supervisor runs.
    init(_ path: String) throws(SystemError) {
        socket = try UnixSocket.connect(path, kind: .stream)
    }

    /// - Returns: the answer's lines without the `ok`.
    /// - Throws: `SupervisorError` with the supervisor's sentence, or when no answer comes in time.
    mutating func ask(_ request: SupervisorRequest, limit: Span) throws -> [ProcessReport] {
        guard try socket.send(request.line + "\n") != nil else {
            throw SupervisorError("the supervisor does not read its socket")
        }
        let deadline = BootClock.now + limit
        var reports: [ProcessReport] = []
        while true {
            while let line = try lines.next() {
                switch try SupervisorReply.parse(line) {
                case .ok: return reports
                case .process(let report): reports.append(report)
                case .error(let sentence): throw SupervisorError("the supervisor refuses: \(sentence)")
                }
            }
            guard try Poller.waitReadable(socket, until: deadline) else {
                throw SupervisorError("the supervisor did not answer '\(request.line)' in \(limit)")
            }
            var buffer = [UInt8](repeating: 0, count: 4_096)
            let result = try buffer.withUnsafeMutableBytes { try socket.receive(into: $0) }
            switch result {
            case .bytes(let count): lines.append(buffer.prefix(count))
            case .nothing: break
            case .closed: throw SupervisorError("the supervisor ended before it answered '\(request.line)'")
            }
        }
    }
}
