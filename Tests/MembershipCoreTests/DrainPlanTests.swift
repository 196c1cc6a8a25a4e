import MembershipCore
import Primitives
import Testing

@Suite("Draining")
struct DrainPlanTests {
    private static let ids = (0..<3).map { NodeID("\($0)123456789abcdef")! }

    @Test(
        "Somebody is left to stand, the master before others",
        arguments: [
            (drained: [Int](), silent: [Int](), node: 1, master: 0, left: Int?.some(0)),
            (drained: [], silent: [], node: 0, master: 0, left: 1),
            (drained: [1], silent: [], node: 0, master: 0, left: 2),
            (drained: [1], silent: [2], node: 0, master: 0, left: nil),
            (drained: [1, 2], silent: [], node: 0, master: 0, left: nil),
            (drained: [0], silent: [], node: 1, master: 0, left: 2),
            (drained: [0, 2], silent: [], node: 1, master: 0, left: nil),
        ])
    func left(drained: [Int], silent: [Int], node: Int, master: Int, left: Int?) {
        let voters = (0..<3).map {
            DrainPlan.Voter(id: Self.ids[$0], isOnline: !silent.contains($0), isDrained: drained.contains($0))
        }
        let found = DrainPlan.standing(without: Self.ids[node], voters: voters, master: Self.ids[master])
        #expect(found == left.map { Self.ids[$0] })
    }
}
