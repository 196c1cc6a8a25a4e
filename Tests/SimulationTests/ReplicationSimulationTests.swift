import Foundation
import Simulation
import Testing

@Suite struct ReplicationSimulationTests {
    @Test func theSoundDataPathHolds() async {
        let campaign = await ReplicationSimulation.campaign(first: 1, count: 8, threads: 2)
        for run in campaign.failed { Issue.record("seed \(run.seed): \(run.violations)") }
        #expect(campaign.acknowledgements > 4_000 && campaign.points > 200, "\(campaign.summary)")
    }

    @Test(arguments: [3, 8] as [UInt64])
    func oneSeedIsOneHistory(seed: UInt64) {
        let first = ReplicationSimulation.run(seed: seed, isTracing: true)
        let second = ReplicationSimulation.run(seed: seed, isTracing: true)
        #expect(first.fingerprint == second.fingerprint)
        #expect(first.trace == second.trace)
        #expect(first.fingerprint == ReplicationSimulation.run(seed: seed).fingerprint, "tracing changes nothing")
        #expect(first.fingerprint != ReplicationSimulation.run(seed: seed + 1).fingerprint)
    }

    /// The whole history of one seed. KEELSON_REWRITE=1 writes it anew; the difference is then to be reviewed.
    @Test func theHistoryOfOneSeedIsAsWritten() throws {
        let file = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "Golden/replication-history.txt")
        let run = ReplicationSimulation.run(seed: 7, isTracing: true)
        let text = run.trace.map(Self.short).joined(separator: "\n") + "\n"
        if ProcessInfo.processInfo.environment["KEELSON_REWRITE"] == "1" {
            try text.write(to: file, atomically: true, encoding: .utf8)
        }
        #expect(try String(contentsOf: file, encoding: .utf8) == text)
    }

    /// Digests by their first bytes, no module names.
    private static func short(_ line: String) -> String {
        var line = line
        for module in ["ReplicationCore.", "StreamProtocol."] { line = line.replacing(module, with: "") }
        return line.replacing(/ChainDigest\(bytes: \[(\d+), (\d+),[^\]]*\]\)/) { "\($0.output.1).\($0.output.2)" }
    }

    @Test(arguments: ReplicationPlant.allCases)
    func aPlantedBugIsFoundInSeedsThatTheSoundSystemPasses(plant: ReplicationPlant) throws {
        let found = plant.seeds.first { !ReplicationSimulation.run(seed: $0, plant: plant).violations.isEmpty }
        let seed = try #require(found, "\(plant.rawValue) was not found")
        #expect(ReplicationSimulation.run(seed: seed).violations.isEmpty)
    }
}

extension ReplicationPlant {
    /// Seeds in which the bug must show. They end with the first seed, counted from 1, that shows
    /// it; a change of the models moves them.
    var seeds: ClosedRange<UInt64> {
        switch self {
        case .acknowledgeBeforeFlush: 1...1
        case .foldingAcrossUnsealedEpoch: 1...1
        case .anyPredecessor: 30...30
        case .footerBeforeData: 21...21
        case .hashFilterSkipped: 1...1
        case .settledBeforeFlush: 102...102
        }
    }
}
