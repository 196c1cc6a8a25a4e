/// A request to the supervisor: one line over its control socket.
public enum SupervisorRequest: Hashable, Sendable {
    /// Answered `ok` while the supervisor works.
    case ping
    /// Answered by one line a process (`ProcessReport`), then `ok`.
    case status
    /// Reads `cluster.json` again and decides the stage again. Answered once decided; starts and stops follow.
    case reload
    /// Restarts etcd with other timings (milliseconds). Answered when etcd answers again.
    case raft(heartbeatMilliseconds: Int, electionMilliseconds: Int)
    /// Stops everything in order, then the supervisor. Answered when the stop has begun.
    case stop
}

extension SupervisorRequest {
    /// The longest line of either direction, in bytes, without its line feed.
    public static let longestLine = 1_024

    /// The line without its line feed.
    public var line: String {
        switch self {
        case .ping: "ping"
        case .status: "status"
        case .reload: "reload"
        case .raft(let heartbeat, let election): "raft \(heartbeat) \(election)"
        case .stop: "stop"
        }
    }

    /// - Throws: `SupervisorProtocolError`, one sentence that names the word that is wrong.
    public static func parse(_ line: String) throws(SupervisorProtocolError) -> SupervisorRequest {
        guard line.utf8.count <= longestLine else {
            throw SupervisorProtocolError("the request is longer than \(longestLine) bytes")
        }
        let words = line.split(separator: " ")
        guard let verb = words.first else { throw SupervisorProtocolError("the request is empty") }
        if verb == "raft" { return try parseRaft(words) }
        let request: SupervisorRequest
        switch verb {
        case "ping": request = .ping
        case "status": request = .status
        case "reload": request = .reload
        case "stop": request = .stop
        default:
            throw SupervisorProtocolError(
                "'\(verb.prefix(32))' is not a request; there are ping, status, reload, raft and stop")
        }
        guard words.count == 1 else { throw SupervisorProtocolError("'\(verb)' takes no argument") }
        return request
    }

    private static func parseRaft(_ words: [Substring]) throws(SupervisorProtocolError) -> SupervisorRequest {
        guard words.count == 3, let heartbeat = Int(words[1]), let election = Int(words[2]) else {
            throw SupervisorProtocolError("'raft' takes two whole numbers: heartbeat and election in milliseconds")
        }
        // etcd's own limits: an election of at least five heartbeats and at most 50 s (embed/config.go, Validate).
        guard (1...10_000).contains(heartbeat), election >= heartbeat * 5, election <= 50_000 else {
            throw SupervisorProtocolError(
                "raft \(heartbeat) \(election): the election must take at least five heartbeats and at most 50000 ms")
        }
        return .raft(heartbeatMilliseconds: heartbeat, electionMilliseconds: election)
    }
}

/// A line that is not part of the protocol.
public struct SupervisorProtocolError: Error, Hashable, Sendable, CustomStringConvertible {
    public let description: String

    public init(_ description: String) { self.description = description }
}
