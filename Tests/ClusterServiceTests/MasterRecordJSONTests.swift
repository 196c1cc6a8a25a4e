import MastershipCore
import Primitives
import ProfileCore
import Testing

@testable import ClusterService

@Suite struct MasterRecordJSONTests {
    func record(_ claim: MasterRecord.Claim) throws -> MasterRecord {
        MasterRecord(
            node: try #require(NodeID("00000000000000aa")), session: .max, generation: 2, takeoverRevision: 4711,
            sequence: 9, claim: claim, timing: Profile.fast.timing)
    }

    @Test func roundTrip() throws {
        let successor = try #require(NodeID("00000000000000bb"))
        for claim in [MasterRecord.Claim.held, .released(to: nil), .released(to: successor)] {
            let record = try record(claim)
            #expect(try MasterRecord(decoding: record.encoded()) == record)
        }
    }

    @Test(arguments: [
        ("\"fence\":250", "\"fence\":500", "unsafe"),
        ("\"take\":450", "\"take\":9000000000000000", "take"),
        ("\"session\":\"ffffffffffffffff\"", "\"session\":\"x\"", "session"),
        ("00000000000000aa", "zz", "damaged"),
    ])
    func whatNoKeelsonWroteIsRefused(_ good: String, _ bad: String, _ named: String) throws {
        let text = String(decoding: try record(.held).encoded(), as: UTF8.self)
        let damaged = text.replacing(good, with: bad)
        #expect(damaged != text)
        let error = #expect(throws: (any Error).self) { try MasterRecord(decoding: Array(damaged.utf8)) }
        #expect("\(error.map { "\($0)" } ?? "")".contains(named))
    }
}
