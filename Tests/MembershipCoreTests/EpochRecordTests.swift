import MembershipCore
import Primitives
import Testing

@Suite struct EpochRecordTests {
    @Test func roundTrip() throws {
        let record = EpochRecord(generation: 3, highest: Epoch(generation: 2, revision: 4711))
        #expect(record.text == "generation 3\nhighest 2.4711\n")
        #expect(try EpochRecord(parsing: record.text) == record)
    }

    @Test(arguments: [
        "", "generation 1\n", "generation x\nhighest 1.1\n", "generation 1\nhighest 1.-1\n", "a 1\nb 2\n",
    ])
    func damaged(text: String) {
        #expect(throws: MalformedEpochRecord.self) { try EpochRecord(parsing: text) }
    }
}
