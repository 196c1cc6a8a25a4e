import Glibc
import Linux
import Primitives
import SupervisorCore

/// One question to one process on its way. Never blocks.
final class HealthProbe {
    let process: ProcessName
    let pid: Int32
    let deadline: Instant
    private let question: ProcessPlan.Health.Question
    private let connection: OwnedDescriptor
    private var received: [UInt8] = []

    private static let largestAnswer = 65_536

    /// - Parameter path: asked of etcd.
    /// - Throws: `SystemError` when nobody listens.
    init(
        _ plan: ProcessPlan, pid: Int32, socket: String, deadline: Instant, path: String = EtcdHealth.path
    ) throws(SystemError) {
        process = plan.name
        self.pid = pid
        self.deadline = deadline
        question = plan.health.question
        connection = try UnixSocket.connect(socket, kind: question == .ping ? .packets : .stream)
        let text =
            switch question {
            case .ping: "ping"
            case .pingLine: "ping\n"
            case .clusterHealth, .consoleHealth: HTTPAnswer.request("/v1/health")
            case .etcdHealth: HTTPAnswer.request(path)
            }
        guard try connection.send(text) == text.utf8.count else {
            throw SystemError(operation: "send to", subject: socket, errno: EAGAIN)
        }
    }

    var descriptor: Int32 { connection.raw }

    /// Takes what has come.
    /// - Returns: nil while the answer is not complete.
    func advance() -> HealthResult? {
        var buffer = [UInt8](repeating: 0, count: 4_096)
        do {
            while received.count < Self.largestAnswer {
                let result = try buffer.withUnsafeMutableBytes { bytes throws(SystemError) in
                    try connection.receive(into: bytes)
                }
                switch result {
                case .nothing: return answer(isClosed: false)
                case .closed: return answer(isClosed: true)
                case .bytes(let count):
                    received += buffer.prefix(count)
                    if isPing { return answer(isClosed: false) }
                }
            }
            return .failed("the answer is longer than \(Self.largestAnswer) bytes")
        } catch {
            return .failed("\(error)")
        }
    }

    private var isPing: Bool { question == .ping || question == .pingLine }

    private func answer(isClosed: Bool) -> HealthResult? {
        if isPing {
            let text = String(decoding: received, as: UTF8.self)
            if text == "pong" || text == "pong\n" { return .healthy }
            return text.isEmpty && !isClosed ? nil : .failed("'\(text.prefix(100))' is not the answer to ping")
        }
        guard let answer = HTTPAnswer.parse(received, isClosed: isClosed) else {
            return isClosed ? .failed("the connection was closed without an answer") : nil
        }
        if question == .etcdHealth { return EtcdHealth.interpret(status: answer.status, body: answer.body) }
        return answer.status == 200 ? .healthy : .failed("the answer's status is \(answer.status)")
    }
}
