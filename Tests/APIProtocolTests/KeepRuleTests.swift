import Testing

@testable import APIProtocol

@Suite struct KeepRuleTests {
    @Test(arguments: [
        ("1h/7d", 3_600, 604_800), ("90s/1h", 90, 3_600), ("1d/90d", 86_400, 7_776_000), ("36h/4d", 129_600, 345_600),
    ])
    func isReadAsItIsWritten(text: String, every: Int, age: Int) {
        let rule = KeepRule(text)
        #expect(rule == KeepRule(everySeconds: every, forSeconds: age))
        #expect(rule?.description == text)
    }

    @Test(arguments: ["", "1h", "1h/", "/7d", "1h/7d/2", "1x/7d", "-1h/7d", "99999999999999999999d/1d"])
    func isRefused(text: String) { #expect(KeepRule(text) == nil) }

    @Test func aSpanIsNoLongerThanItsPointsStay() {
        func problem(_ rules: [KeepRule]) -> String? {
            do throws(APIError) {
                try MachineChange(keep: rules).validate()
                return nil
            } catch { return error.field }
        }
        #expect(problem([KeepRule(everySeconds: 60, forSeconds: 60)]) == nil)
        #expect(problem([]) == nil)
        #expect(problem([KeepRule(everySeconds: 59, forSeconds: 60)]) == "keep[0].everySeconds")
        #expect(problem([KeepRule(everySeconds: 3_600, forSeconds: 60)]) == "keep[0].forSeconds")
        #expect(problem(Array(repeating: KeepRule(everySeconds: 60, forSeconds: 60), count: 9)) == "keep")
    }
}
