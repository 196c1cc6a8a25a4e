import APIProtocol
import Lab
import MembershipCore
import Primitives
import Testing

@Suite("The live status")
struct StatusScreenTests {
    private func status() throws -> ClusterStatus {
        let ids = try ["1", "2"].map { try #require(NodeID(String(repeating: $0, count: 16))) }
        let nodes = try zip(ids, ["n1", "n2"]).map { id, name in
            NodeStatus(
                id: id, name: name, address: try #require(IPAddress("10.77.0.1\(name.dropFirst())")), role: .voter,
                state: .online, isMaster: name == "n1")
        }
        return ClusterStatus(
            clusterName: "lab", stage: .member,
            node: ThisNode(id: ids[0], name: "n1", address: nodes[0].address),
            master: MasterStatus(node: ids[0], name: "n1", epoch: "1.7", since: Timestamp(milliseconds: 0)),
            vip: VIPStatus(addresses: [try #require(Subnet("10.77.0.50/24"))], holder: ids[0]), nodes: nodes,
            etcd: EtcdStatus(healthy: true, members: 2, inStep: 2, leader: ids[0], alarms: []),
            profile: ProfileStatus(
                chosen: .auto, active: .calm, renewMilliseconds: 100, fenceMilliseconds: 1100,
                takeMilliseconds: 1500),
            lastFailover: Failover(
                epoch: "1.7", from: ids[1], to: ids[0], cause: .silence, detectedMilliseconds: 1500,
                decidedMilliseconds: 20, vipMovedMilliseconds: 3, serviceReadyMilliseconds: 1,
                totalMilliseconds: 1524, at: Timestamp(milliseconds: 0)))
    }

    @Test("the line names master, epoch, holder, etcd and nodes")
    func line() throws {
        let expected =
            "master n1, epoch 1.7, VIP held by n1, etcd healthy, 2 of 2 members, leader n1, calm; n1 online, n2 online"
        #expect(StatusScreen.line(try status()) == expected)
    }

    @Test("the screen shows the last failover with its phases")
    func screen() throws {
        let lines = StatusScreen.lines(try status())
        let expected =
            "last failover: n2 → n1 (silence), 1524 ms: detected 1500, decided 20, VIP moved 3, service ready 1"
        #expect(lines.last == expected)
        #expect(lines.contains { $0.hasPrefix("n1 *") })
    }

    @Test("what a whole cluster lacks")
    func problems() throws {
        let whole = try status()
        #expect(KeelsonCluster.problem(of: whole) == nil)
        var broken = whole
        broken.nodes[1].state = .silent
        #expect(KeelsonCluster.problem(of: broken) == "n2 is silent")
        broken = whole
        broken.vip.holder = nil
        #expect(KeelsonCluster.problem(of: broken) == "the master does not hold the virtual address")
        broken = whole
        broken.etcd.inStep = 1
        #expect(KeelsonCluster.problem(of: broken) == "1 of 2 members are in step")
        broken = whole
        broken.etcd.alarms = ["NOSPACE"]
        #expect(KeelsonCluster.problem(of: broken) != nil)
    }
}
