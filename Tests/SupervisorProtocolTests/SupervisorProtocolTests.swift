import SupervisorProtocol
import Testing

@Suite struct SupervisorProtocolTests {
    @Test(arguments: [
        SupervisorRequest.ping, .status, .reload, .stop, .raft(heartbeatMilliseconds: 10, electionMilliseconds: 100),
    ])
    func requestsSurviveTheLine(_ request: SupervisorRequest) throws {
        #expect(try SupervisorRequest.parse(request.line) == request)
    }

    @Test(arguments: [
        ("", "the request is empty"),
        ("halt", "'halt' is not a request; there are ping, status, reload, raft and stop"),
        ("stop now", "'stop' takes no argument"),
        ("raft 10", "'raft' takes two whole numbers: heartbeat and election in milliseconds"),
        ("raft 100 400", "raft 100 400: the election must take at least five heartbeats and at most 50000 ms"),
        ("raft 0 10", "raft 0 10: the election must take at least five heartbeats and at most 50000 ms"),
        (
            "raft 9223372036854775807 9223372036854775807",
            "raft 9223372036854775807 9223372036854775807: the election must take at least five heartbeats and "
                + "at most 50000 ms"
        ),
    ])
    func refusesWithOneSentence(line: String, sentence: String) {
        #expect(throws: SupervisorProtocolError(sentence)) { try SupervisorRequest.parse(line) }
    }

    @Test func repliesSurviveTheLine() throws {
        for state in ProcessReport.State.allCases {
            let reply = SupervisorReply.process(ProcessReport(name: "etcd", state: state, pid: 4711, restarts: 2))
            #expect(try SupervisorReply.parse(reply.line) == reply)
        }
        let stopped = SupervisorReply.process(ProcessReport(name: "etcd", state: .stopped, pid: nil, restarts: 0))
        #expect(stopped.line == "etcd stopped 0 0")
        #expect(try SupervisorReply.parse(stopped.line) == stopped)
        #expect(try SupervisorReply.parse("ok") == .ok)
        #expect(SupervisorReply.error("one\ntwo").line == "error one two")
        #expect(try SupervisorReply.parse("error one two") == .error("one two"))
        #expect(throws: SupervisorProtocolError.self) { try SupervisorReply.parse("etcd fine 1 0") }
        #expect(throws: SupervisorProtocolError.self) { try SupervisorReply.parse("") }
    }

    @Test func cutsLines() throws {
        var buffer = LineBuffer()
        buffer.append("pi".utf8)
        #expect(try buffer.next() == nil)
        buffer.append("ng\r\nstatus\nre".utf8)
        #expect(try buffer.next() == "ping")
        #expect(try buffer.next() == "status")
        #expect(try buffer.next() == nil)
        buffer.append(Array(repeating: UInt8(ascii: "x"), count: 2_000))
        #expect(throws: SupervisorProtocolError("the line is longer than 1024 bytes")) { try buffer.next() }
        var other = LineBuffer()
        other.append([0xFF, 0x0A])
        #expect(throws: SupervisorProtocolError("the line is not UTF-8")) { try other.next() }
    }
}
