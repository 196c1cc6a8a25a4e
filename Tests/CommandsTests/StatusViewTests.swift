import APIProtocol
import AsyncHTTPClient
import MembershipCore
import Primitives
import Testing
import Texts

@testable import Commands

@Suite("Status view")
struct StatusViewTests {
    private static let first = NodeID("0123456789abcdef")!
    private static let second = NodeID("1123456789abcdef")!
    private static let stamp = Timestamp(milliseconds: 0)

    private static let status = ClusterStatus(
        clusterName: "demo", stage: .member, node: ThisNode(id: second, name: "n2", address: IPAddress("10.77.0.12")!),
        master: MasterStatus(node: first, name: "n1", epoch: "1.7", since: stamp),
        vip: VIPStatus(addresses: [Subnet("10.77.0.50/24")!], holder: first),
        nodes: [
            NodeStatus(
                id: first, name: "n1", address: IPAddress("10.77.0.11")!, role: .voter, state: .online, isMaster: true,
                lastHeardMilliseconds: 12,
                resources: NodeResources(
                    cpuPercent: 3.5, memoryUsedBytes: 1 << 30, memoryTotalBytes: 4 << 30,
                    pressure: Pressure(cpu: 0, memory: 0, io: 0), diskUsedBytes: 1 << 30, diskTotalBytes: 10 << 30,
                    receiveBytesPerSecond: 0, transmitBytesPerSecond: 0)),
            NodeStatus(
                id: second, name: "n2", address: IPAddress("10.77.0.12")!, role: .witness, state: .silent,
                isMaster: false),
        ], etcd: EtcdStatus(healthy: true, members: 3, inStep: 2, leader: first, alarms: ["NOSPACE"]),
        profile: ProfileStatus(
            chosen: .auto, active: .fast, renewMilliseconds: 50, fenceMilliseconds: 250, takeMilliseconds: 500),
        lastFailover: Failover(
            epoch: "1.7", from: second, to: first, cause: .silence, detectedMilliseconds: 310.2,
            decidedMilliseconds: 2.1, vipMovedMilliseconds: 4.4, serviceReadyMilliseconds: 1.2,
            totalMilliseconds: 317.9, at: stamp))

    private func lines(_ status: ClusterStatus, _ language: Language) throws -> [String] {
        let session = Session(
            client: APIClient(target: .socket("/"), http: HTTPClient.shared), format: .text, language: language,
            wait: nil)
        return StatusView(status: status, session: session).lines
    }

    @Test("In English")
    func english() throws {
        #expect(
            try lines(Self.status, .english) == [
                "Cluster      demo (member)", "Asked node   n2, 10.77.0.12",
                "Master       n1, epoch 1.7, since 1970-01-01T00:00:00.000Z",
                "Address      10.77.0.50/24, held by n1",
                "Store        healthy, 2 of 3 members in step, leader n1, NOSPACE",
                "Profile      fast (chosen: auto): renew 50.0 ms, fence 250.0 ms, take 500.0 ms",
                "Failover     not automatic: it needs three voters, or two and a witness",
                "Last change  n2 to n1 in 317.9 ms at 1970-01-01T00:00:00.000Z, master silent "
                    + "(detected 310.2, decided 2.1, address 4.4, service 1.2 ms)", "",
                "NAME  IDENTITY          ADDRESS     ROLE     STATE   HEARD  CPU    MEMORY             DISK"
                    + "                CLOCK",
                "n1 *  0123456789abcdef  10.77.0.11  voter    online  12 ms  3.5 %  1.0 GiB / 4.0 GiB  "
                    + "1.0 GiB / 10.0 GiB  -",
                "n2    1123456789abcdef  10.77.0.12  witness  silent  -      -      -                  "
                    + "-                   -",
            ])
    }

    @Test("Two voters and a witness fail over by themselves")
    func witness() throws {
        var status = Self.status
        status.nodes.append(status.nodes[0])
        #expect(try !lines(status, .english).contains { $0.hasPrefix("Failover") })
        status.nodes[2].role = .spare
        #expect(try lines(status, .english).contains { $0.hasPrefix("Failover") })
    }

    @Test("In Chinese, without a master and before setup")
    func chinese() throws {
        var status = Self.status
        status.master = nil
        status.vip.holder = nil
        let lines = try lines(status, .chinese)
        #expect(lines[2] == "主节点    目前没有主节点。")
        #expect(lines[3] == "虚拟地址  10.77.0.50/24，无人持有")
        status.stage = .installed
        status.clusterName = nil
        #expect(
            try self.lines(status, .english) == [
                "Cluster      none yet (installed, not set up)", "Asked node   n2, 10.77.0.12",
            ])
    }
}
