import APIProtocol
import MembershipCore
import Primitives
import Testing

@testable import ClusterService

@Suite struct HeartbeatBookTests {
    let node: NodeID
    let report: NodeReport

    init() throws {
        node = try #require(NodeID("00000000000000aa"))
        report = NodeReport(
            name: "n1", address: try #require(IPAddress("10.77.0.11")), role: .voter,
            sentAt: Timestamp(milliseconds: 0),
            resources: NodeResources(
                cpuPercent: 0, memoryUsedBytes: 0, memoryTotalBytes: 0, pressure: Pressure(cpu: 0, memory: 0, io: 0),
                diskUsedBytes: 0, diskTotalBytes: 0, receiveBytesPerSecond: 0, transmitBytesPerSecond: 0),
            versions: [:], raft: nil, domain: nil)
    }

    func at(_ seconds: Int64) -> Instant { Instant(nanoseconds: seconds * 1_000_000_000) }

    @Test func aNewMasterCallsNobodySilentBeforeItListened() {
        let book = HeartbeatBook(openedAt: at(100))
        #expect(book.state(of: node, at: at(103)) == .unknown)
        #expect(book.state(of: node, at: at(105)) == .silent)
    }

    @Test func aReportMakesItOnlineUntilFourSecondsLater() {
        var book = HeartbeatBook(openedAt: at(0))
        book.heard(report, from: node, at: at(100))
        #expect(book.state(of: node, at: at(104)) == .online)
        #expect(book.state(of: node, at: at(105)) == .silent)
        #expect(book.silence(of: node, at: at(701)) == .seconds(600))
    }

    @Test func aNodeThatIsJoiningCountsAsHeard() {
        var book = HeartbeatBook(openedAt: at(0))
        book.expect(node, at: at(500))
        #expect(book.silence(of: node, at: at(501)) == .zero)
    }
}
