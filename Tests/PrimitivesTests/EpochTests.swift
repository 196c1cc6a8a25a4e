import Primitives
import Testing

@Suite struct EpochTests {
    @Test func generationOutweighsRevision() {
        #expect(Epoch(generation: 1, revision: 900) < Epoch(generation: 2, revision: 3))
    }

    @Test func textRoundTrip() {
        #expect(Epoch("1.4711") == Epoch(generation: 1, revision: 4711))
        #expect(Epoch("1.-1") == nil)
        #expect(Epoch("1") == nil)
    }

    @Test func gateRefusesADeposedMasterAndKeepsWhatItHas() throws {
        var gate = EpochGate()
        try gate.admit(FencingToken(Epoch(generation: 1, revision: 10)))
        try gate.admit(FencingToken(Epoch(generation: 1, revision: 10)))
        #expect(throws: StaleEpoch.self) { try gate.admit(FencingToken(Epoch(generation: 1, revision: 9))) }
        #expect(gate.highest == Epoch(generation: 1, revision: 10))
    }
}
