import Lab
import Primitives
import Testing

/// A row at milliseconds of a made-up clock.
private func row(_ start: Int64, _ end: Int64, _ answer: String?) -> ProbeRow {
    ProbeRow(
        target: .api, start: Instant(nanoseconds: start * 1_000_000), end: Instant(nanoseconds: end * 1_000_000),
        answer: answer)
}

private let fault = Instant(nanoseconds: 1_000 * 1_000_000)

@Suite("What a client saw of a takeover")
struct OutageTests {
    @Test("from the first failed request to the new holder's first answer")
    func outage() throws {
        let rows = [
            row(990, 991, "n1"), row(995, 1245, nil), row(1000, 1250, nil), row(1400, 1650, nil),
            row(1500, 1502, "n2"), row(1505, 1506, "n2"),
        ]
        let outage = try #require(Outage(rows: rows, fault: fault, old: "n1"))
        #expect(outage.duration == .milliseconds(507))
        #expect(outage.sinceFault == .milliseconds(502))
        #expect(outage.newHolder == "n2")
        // The request of 1400 fails after the first answer, but began before it: no change of answer.
        #expect(Outage.changes(rows: rows, after: outage.firstAnswer) == 0)
    }

    @Test("none as long as only the old holder answers")
    func notYet() {
        #expect(Outage(rows: [row(990, 991, "n1"), row(1100, 1350, nil)], fault: fault, old: "n1") == nil)
        #expect(Outage(rows: [row(1100, 1101, "n1")], fault: fault, old: "n1") == nil)
    }

    @Test("a failure long before the fault is not part of it")
    func earlierFailure() throws {
        let rows = [row(500, 750, nil), row(1001, 1251, nil), row(1300, 1301, "n3")]
        #expect(try #require(Outage(rows: rows, fault: fault, old: "n1")).duration == .milliseconds(300))
    }

    @Test("every change afterwards counts, to nobody and back too")
    func changes() {
        let rows = [
            row(1300, 1301, "n2"), row(1305, 1306, "n2"), row(1310, 1311, "n3"), row(1315, 1565, nil),
            row(1570, 1571, "n2"),
        ]
        #expect(Outage.changes(rows: rows, after: Instant(nanoseconds: 1_301 * 1_000_000)) == 3)
    }

    @Test("the margin is negative when both answered at once")
    func margin() {
        let apart = [row(1010, 1011, "n1"), row(1300, 1301, "n2")]
        #expect(Outage.margin(rows: apart, fault: fault, old: "n1") == .milliseconds(290))
        let both = apart + [row(1304, 1305, "n1")]
        #expect(Outage.margin(rows: both, fault: fault, old: "n1") == .milliseconds(-4))
        #expect(Outage.margin(rows: [row(1010, 1011, "n1")], fault: fault, old: "n1") == nil)
    }

    @Test("holders in turn; two at once appear again and again")
    func holders() {
        let inTurn = [row(1, 2, "n1"), row(3, 4, "n1"), row(5, 255, nil), row(300, 301, "n2"), row(305, 306, "n2")]
        #expect(Outage.holders(inTurn) == ["n1", "n2"])
        #expect(Outage.holders(inTurn + [row(302, 303, "n1")]) == ["n1", "n2", "n1", "n2"])
    }

    @Test("figures of a series")
    func distribution() {
        let spans = Distribution((1...100).reversed().map { Span.milliseconds($0) })
        #expect(spans.count == 100)
        #expect(spans.least == .milliseconds(1))
        #expect(spans.median == .milliseconds(51))
        #expect(spans.p99 == .milliseconds(100))
        #expect(spans.worst == .milliseconds(100))
        #expect(Distribution([]).median == nil)
    }
}
