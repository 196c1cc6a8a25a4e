import Lab
import Primitives
import Testing

@Suite("The client of the VIP")
struct ProbeTests {
    @Test("a row is printed and read", arguments: ["n1", nil])
    func rowText(answer: String?) {
        let row = ProbeRow(
            target: .responder, start: Instant(nanoseconds: 5), end: Instant(nanoseconds: 77), answer: answer)
        #expect(row.description == "responder 5 77 \(answer ?? "-")")
        #expect(ProbeRow(row.description) == row)
    }

    @Test("a torn row is no row", arguments: ["", "api 1 2", "api 1 x n1", "ape 1 2 n1", "api 1 2 n1 n2"])
    func tornRow(text: String) { #expect(ProbeRow(text) == nil) }

    private func answer(_ target: ProbeRow.Target, _ text: String) -> ProbeAnswer? {
        ProbeAnswer(target: target, bytes: Array(text.utf8))
    }

    @Test("the responder's answer is the node's name")
    func responder() {
        #expect(answer(.responder, "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nn1")?.node == "n1")
        #expect(answer(.responder, "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nn") == nil)
        #expect(answer(.responder, "HTTP/1.0 200 OK\r\nContent-Le") == nil)
    }

    @Test("the API's answer names the node")
    func api() {
        let body = #"{ "epoch" : "1.7", "isSelf" : true, "name" : "n3", "node" : null }"#
        let head = "HTTP/1.1 200 OK\r\ncontent-length: \(body.utf8.count)\r\n\r\n"
        #expect(answer(.api, head + body)?.node == "n3")
        #expect(answer(.api, head + body.dropLast()) == nil)
    }

    @Test("an error is an answer of nobody")
    func error() {
        let answer = answer(.api, "HTTP/1.1 503 Service Unavailable\r\ncontent-length: 2\r\n\r\n{}")
        #expect(answer != nil)
        #expect(answer?.node == nil)
    }

    @Test("waiting for a steady answer ends when one node answers alone")
    func steady() throws {
        let log = ProbeLog()
        let now = LabClock.now()
        for index in 0..<50 {
            let moment = now + .milliseconds(1_000 + Int64(index))
            log.append(ProbeRow(target: .api, start: moment, end: moment, answer: index < 10 ? "n1" : "n2"))
        }
        #expect(try log.waitForSteadyAnswer(.api, requests: 40, within: .seconds(5)) == "n2")
        #expect(throws: LabError.self) {
            try log.waitForSteadyAnswer(.api, requests: 41, within: .milliseconds(20))
        }
    }
}
