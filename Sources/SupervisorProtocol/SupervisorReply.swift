/// One line of the supervisor's answer. `ok` or `error` ends an answer.
public enum SupervisorReply: Hashable, Sendable {
    case ok
    case process(ProcessReport)
    /// One sentence.
    case error(String)

    /// The line without its line feed; line feeds in an error's sentence become blanks.
    public var line: String {
        switch self {
        case .ok: "ok"
        case .process(let report): report.line
        case .error(let sentence):
            "error "
                + String(
                    decoding: sentence.utf8.prefix(SupervisorRequest.longestLine - 6).map { $0 < 0x20 ? 0x20 : $0 },
                    as: UTF8.self)
        }
    }

    /// Whether no line follows for the same request.
    public var isLast: Bool {
        if case .process = self { false } else { true }
    }

    /// - Throws: `SupervisorProtocolError` for a line that the supervisor does not send.
    public static func parse(_ line: String) throws(SupervisorProtocolError) -> SupervisorReply {
        if line == "ok" { return .ok }
        if line.hasPrefix("error ") { return .error(String(line.dropFirst(6))) }
        return .process(try ProcessReport.parse(line))
    }
}

/// How one process is: `NAME STATE PID RESTARTS`, for example `etcd running 4711 0`.
public struct ProcessReport: Hashable, Sendable {
    public enum State: String, CaseIterable, Sendable {
        /// Not part of the present stage, or stopped in order.
        case stopped
        /// Waits for another process.
        case waiting
        /// Has been started and has not yet answered its health check.
        case starting
        /// Answers its health check.
        case running
        /// Runs, and its last health check failed.
        case unhealthy
        /// Ended; will be started again after a pause.
        case backoff
        /// Was asked to end.
        case stopping
    }

    public var name: String
    public var state: State
    /// Nil (0 in the line) when no process exists.
    public var pid: Int32?
    /// Starts after the first one, since the supervisor began.
    public var restarts: Int

    public init(name: String, state: State, pid: Int32?, restarts: Int) {
        self.name = name
        self.state = state
        self.pid = pid
        self.restarts = restarts
    }

    public var line: String { "\(name) \(state.rawValue) \(pid ?? 0) \(restarts)" }

    static func parse(_ line: String) throws(SupervisorProtocolError) -> ProcessReport {
        let words = line.split(separator: " ", omittingEmptySubsequences: false)
        guard words.count == 4, !words[0].isEmpty, let state = State(rawValue: String(words[1])),
            let pid = Int32(words[2]), pid >= 0, let restarts = Int(words[3]), restarts >= 0
        else {
            throw SupervisorProtocolError("'\(line.prefix(64))' is not 'NAME STATE PID RESTARTS'")
        }
        return ProcessReport(name: String(words[0]), state: state, pid: pid == 0 ? nil : pid, restarts: restarts)
    }
}
