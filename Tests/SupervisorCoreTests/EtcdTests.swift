import ConfigurationCore
import MembershipCore
import Primitives
import Testing

@testable import SupervisorCore

@Suite struct EtcdTests {
    @Test func founderStartsANewCluster() throws {
        let arguments = try EtcdCommand.arguments(Bench.configuration, Bench.membership())
        #expect(arguments.contains("--name=00000000000000aa"))
        #expect(arguments.contains("--data-dir=/d/etcd"))
        #expect(arguments.contains("--listen-client-urls=https://10.77.0.11:2379,https://127.0.0.1:2379"))
        #expect(arguments.contains("--initial-cluster-state=new"))
        #expect(
            arguments.contains(
                "--initial-cluster=00000000000000aa=https://10.77.0.11:2380,"
                    + "00000000000000bb=https://10.77.0.12:2380"))
        #expect(arguments.contains("--heartbeat-interval=50"))
        #expect(arguments.contains("--election-timeout=500"))
        #expect(arguments.contains("--peer-trusted-ca-file=/d/identity/ca.crt"))
        #expect(arguments.contains("--client-cert-auth=true"))
        #expect(!arguments.contains { $0.hasPrefix("--force-new-cluster") })
    }

    @Test func joinerEntersAnExistingCluster() throws {
        let membership = Bench.membership(founds: false)
        let arguments = try EtcdCommand.arguments(Bench.configuration, membership, forcesNewCluster: true)
        #expect(arguments.contains("--initial-cluster-state=existing"))
        #expect(arguments.last == "--force-new-cluster=true")
    }

    @Test func aNodeThatIsNoVoterHasNoCommand() {
        var membership = Bench.membership()
        membership.voters.removeFirst()
        #expect(throws: EtcdCommandError(node: Bench.node)) {
            try EtcdCommand.arguments(Bench.configuration, membership)
        }
    }

    @Test func bracketsIPv6() {
        #expect(EtcdCommand.url(IPAddress("fd77::11")!, port: 2380) == "https://[fd77::11]:2380")
    }

    @Test(arguments: [
        (200, #"{"health":"true","reason":""}"#, HealthResult.healthy),
        (503, #"{"health":"false","reason":"ALARM NOSPACE"}"#, .noSpace),
        (503, #"{"health":"false","reason":"ALARM CORRUPT"}"#, .healthy),
        (503, "x", .failed("etcd answers 503: x")),
    ])
    func understandsHealth(status: Int, body: String, result: HealthResult) {
        #expect(EtcdHealth.interpret(status: status, body: body) == result)
    }

    @Test func healingDefragmentsTheLeaderLast() {
        let members = [
            SpaceHealing.Member(endpoint: "b", isLeader: true, databaseBytes: 1 << 30, usedBytes: 1 << 20),
            SpaceHealing.Member(endpoint: "c", isLeader: false, databaseBytes: 1 << 30, usedBytes: 1 << 20),
            SpaceHealing.Member(endpoint: "a", isLeader: false, databaseBytes: 1 << 10, usedBytes: 1 << 10),
        ]
        #expect(
            SpaceHealing.steps(hasAlarm: true, members: members, revision: 4711) == [
                .compact(revision: 4711), .defragment(endpoint: "a"), .defragment(endpoint: "c"),
                .defragment(endpoint: "b"), .disarm,
            ])
        #expect(
            SpaceHealing.steps(hasAlarm: false, members: members, revision: 4711) == [
                .compact(revision: 4711), .defragment(endpoint: "c"), .defragment(endpoint: "b"),
            ])
        #expect(SpaceHealing.steps(hasAlarm: false, members: [members[2]], revision: 4711).isEmpty)
        #expect(SpaceHealing.steps(hasAlarm: true, members: [], revision: 1) == [.disarm])
    }
}
