import Lab
import Primitives
import Testing

/// Whole clusters on this machine: they need root and etcd.
enum Rig {
    static var isComplete: Bool { Lab.obstacle == nil }

    /// Runs the body in a lab that is removed in all cases.
    static func withCluster(_ body: (KeelsonCluster) throws -> Void) throws {
        let lab = try Lab()
        do {
            try body(KeelsonCluster(lab: lab) { print($0) })
        } catch {
            try lab.remove()
            throw error
        }
        try lab.remove()
    }
}

@Suite("Clusters", .serialized)
struct ClusterTests {
    @Suite("Faults of a cluster of three", .serialized, .enabled(if: Rig.isComplete))
    struct FaultTests {
        @Test("every selected fault, one after the other, in one cluster")
        func selection() throws {
            try Rig.withCluster { cluster in
                try cluster.grow(to: 3, profile: "auto")
                let runner = try ScenarioRun(cluster)
                defer { runner.stop() }
                for scenario in Scenario.all where scenario.isSelected {
                    let verdict = try runner.run(scenario)
                    print("\(verdict.name): outage \(verdict.outage?.description ?? "none")")
                    #expect(verdict.problems == [], "\(verdict.name)")
                }
            }
        }
    }
}
