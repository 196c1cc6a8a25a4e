import APIProtocol
import Linux
import Testing

@testable import ClusterService

/// A switch to a named node, on real members over one store in memory.
@Suite(.serialized, .timeLimit(.minutes(1))) struct SwitchTests {
    @Test func aNamedSuccessorIsWaitedForUntilItStands() async throws {
        try await TestCluster.run { cluster in
            let (master, second) = (cluster.first, cluster.second.member)
            let contending = cluster.second.contend()
            cluster.hear(unfit: second.node)
            // It never stands: refused, and the master is who it was.
            let refused = await refusal { _ = try await master.switchMaster(to: "n2") }
            #expect(refused?.code == .notEligible && refused?.field == "to")
            #expect(throws: Never.self) { try master.requireMastership() }
            // It stands a moment later: only then it is handed over to.
            async let switching = master.switchMaster(to: "n2")
            cluster.hear()
            let answer = try await switching
            #expect(answer.to == second.node)
            contending.cancel()
            await contending.value
        }
    }
}
