import APIProtocol
import LicenseCore
import LicenseProtocol
import Primitives
import Testing
import Texts

@testable import ClusterService

/// What a node makes of its license, with and without a validator.
@Suite struct LicenseMemoryTests {
    private static let day: Int64 = 86_400_000
    private static let start = Timestamp("2026-11-01T00:00:00.000Z")!
    private static let nodes = (1...9).map { NodeID("000000000000000\($0)")! }

    private static func after(_ days: Int64) -> Timestamp { Timestamp(milliseconds: start.milliseconds + days * day) }

    private static func machine(_ number: Int) -> HardwarePrint {
        HardwarePrint(hashing: ["uuid-\(number)", "board-\(number)", "mac-\(number)", "disk-\(number)"])
    }

    private static func license(nodes: Int? = 3, binding: [HardwarePrint] = []) -> License {
        License(
            id: "L-1", customer: "A", kind: .subscription, issued: start, validFrom: start, expires: after(365),
            limits: .init(nodes: nodes), binding: binding)
    }

    private func memory(text: String? = nil, founded: Timestamp? = start, most: Int = 3) -> LicenseMemory {
        var memory = LicenseMemory()
        memory.read(
            LicenseDocuments(
                license: text.map { StoredLicense(text: $0, installed: Self.start, by: "root") },
                clock: founded.map { ClockRecord(founded: $0, latest: Self.start, most: most) }))
        return memory
    }

    /// With the text "a" judged as the validator would.
    private func judged(
        _ license: License, day: Int64 = 1, nodes: Int = 3, most: Int = 3
    ) -> (LicenseMemory, LicenseState.Facts) {
        var memory = memory(text: "a", most: most)
        let facts = memory.facts(now: Self.after(day), nodes: Array(Self.nodes.prefix(nodes)), own: nil)
        memory.heard(
            JudgedLicense(
                text: "a", license: license.info, keyID: "k",
                judgement: LicenseJudgement(LicenseState(license, facts))))
        return (memory, facts)
    }

    @Test func withoutALicenseTheTrialRunsFromTheFounding() {
        let memory = memory()
        let facts = { (day: Int64) in memory.facts(now: Self.after(day), nodes: Self.nodes, own: nil) }
        let trial = memory.status(facts(29))
        #expect((trial.installed, trial.phase, trial.allowsAdditions) == (false, .trial, true))
        #expect(trial.until == Self.after(30))
        let over = memory.status(facts(30))
        #expect((over.phase, over.until, over.allowsAdditions) == (.none, Self.after(30), false))
        #expect(over.usage == LicenseUsage(nodes: 9, hosts: 0, tebibytes: 0))
        // Before the clock record is there, nothing is refused.
        #expect(self.memory(founded: nil).status(facts(99)).phase == .trial)
    }

    @Test func theLastWordHoldsWhileTheValidatorIsSilent() {
        var (memory, facts) = judged(Self.license())
        #expect(memory.status(facts).validatorAnswers)
        memory.failed(APIError(.validatorSilent), about: "a")
        let status = memory.status(facts)
        #expect((status.phase, status.allowsAdditions, status.validatorAnswers) == (.valid, true, false))
        #expect(status.license?.id == "L-1" && status.keyID == "k" && status.until == Self.after(365))
    }

    @Test func aLicenseThatNobodyJudgedGatesNothing() {
        let memory = memory(text: "b")
        let status = memory.status(memory.facts(now: Self.after(9_999), nodes: Self.nodes, own: nil))
        #expect((status.installed, status.phase, status.allowsAdditions) == (true, .unknown, true))
        #expect(memory.refusesNode(status, silent: 0) == nil)
        #expect(LicenseTold(status) == nil)
    }

    @Test func aStoredLicenseThatIsRefusedCountsAsNone() {
        var memory = memory(text: "a")
        memory.failed(LicenseProblem.testKey("00").asAPIError, about: "a")
        let status = memory.status(memory.facts(now: Self.after(1), nodes: [], own: nil))
        #expect((status.installed, status.license, status.phase, status.validatorAnswers) == (true, nil, .trial, true))
        #expect(status.warnings.map(\.code) == [.refused])
        for language in Language.allCases {
            let sentence = Catalogue.sentence("license.warning.refused", status.warnings[0].parameters, language)
            #expect(sentence?.contains("00") == true && sentence?.contains("?") == false)
        }
    }

    @Test func onlyAFurtherNodeBeyondTheLimitIsRefused() {
        func refusal(_ nodes: Int, silent: Int = 0) -> APIError? {
            let (memory, facts) = judged(Self.license(), nodes: nodes)
            return memory.refusesNode(memory.status(facts), silent: silent)
        }
        #expect(refusal(2) == nil)
        let refused = refusal(3)
        #expect(refused == APIError(.licenseLimit, ["limit": "3", "present": "3"]))
        #expect(
            refused?.message == "No further node: the license, or the trial without one, allows 3, and 3 are present.")
        #expect(refusal(3, silent: 1) == nil, "a dead node may be replaced")
        #expect(refusal(4, silent: 1) != nil, "but once only")
    }

    @Test func theTrialAllowsEightNodes() {
        func refusal(_ nodes: Int) -> APIErrorCode? {
            let memory = memory()
            let facts = memory.facts(now: Self.after(1), nodes: Array(Self.nodes.prefix(nodes)), own: nil)
            return memory.refusesNode(memory.status(facts), silent: 0)?.code
        }
        #expect(refusal(7) == nil)
        #expect(refusal(8) == .licenseLimit)
    }

    @Test func afterTheEndThereMayBeAsManyNodesAsThereWere() throws {
        let license = Self.license()
        func refusal(_ nodes: Int, of license: License?, day: Int64 = 400, silent: Int = 0) -> APIError? {
            let without = memory()
            let (memory, facts) =
                license.map { judged($0, day: day, nodes: nodes) }
                ?? (without, without.facts(now: Self.after(day), nodes: Array(Self.nodes.prefix(nodes)), own: nil))
            return memory.refusesNode(memory.status(facts), silent: silent)
        }
        #expect(refusal(2, of: license) == nil)
        #expect(refusal(3, of: license, silent: 1) == nil)
        #expect(refusal(4, of: license, silent: 1)?.code == .licenseInactive)
        let bound = Self.license(binding: [Self.machine(1)])
        var later = license
        later.validFrom = Self.after(10)
        let cases = [
            (refusal(3, of: license), "2027-11-01"), (refusal(3, of: bound, day: 1), "1"),
            (refusal(3, of: nil), "2026-12-01"), (refusal(3, of: later, day: 1), "2026-11-11"),
        ]
        for (refusal, figure) in cases {
            let refusal = try #require(refusal)
            #expect(refusal.code == .licenseInactive)
            for language in Language.allCases {
                let sentence = refusal.sentence(in: language)
                #expect(sentence.contains(figure) && !sentence.contains("?"), "\(sentence)")
            }
        }
    }

    @Test func factsHoldThePrintsOfTheNodesThatThereAre() {
        var memory = LicenseMemory()
        memory.read(
            LicenseDocuments(prints: [
                Self.nodes[0]: Self.machine(1), Self.nodes[1]: Self.machine(2), Self.nodes[8]: Self.machine(9),
            ]))
        memory.heard(Self.machine(7))
        let facts = memory.facts(now: Self.start, nodes: Array(Self.nodes.prefix(2)), own: Self.nodes[1])
        #expect(facts.hardware == [Self.machine(1), Self.machine(7)])
        #expect(facts.latestSeen == Self.start && facts.nodes == 2)
    }

    // MARK: events

    private func kinds(_ states: [(LicenseMemory, LicenseState.Facts)]) -> [EventKind] {
        var told: LicenseTold?
        return states.flatMap { memory, facts in
            let status = memory.status(facts)
            let next = LicenseTold(status)
            defer { told = next }
            for language in Language.allCases {
                for event in next?.events(since: told, status) ?? [] {
                    let sentence = Catalogue.sentence(
                        "event.\(event.kind.rawValue)", event.parameters.merging(["node": "n1"]) { $1 }, language)
                    #expect(sentence?.contains("?") == false, "\(sentence ?? event.kind.rawValue)")
                }
            }
            return next?.events(since: told, status).map(\.kind) ?? []
        }
    }

    @Test func eachChangeIsToldOnce() {
        let days: [Int64] = [1, 1, 370, 371, 396, 397]
        #expect(kinds(days.map { judged(Self.license(), day: $0) }) == [.licenseGrace, .licenseExpired])
        let trial = memory()
        let ends = [1, 31, 32].map { (trial, trial.facts(now: Self.after($0), nodes: [], own: nil)) }
        #expect(kinds(ends) == [.trialEnded])
        let bound = Self.license(binding: [Self.machine(1)])
        #expect(
            kinds([judged(bound), judged(bound), judged(Self.license()), judged(bound)])
                == [.licenseOtherHardware, .licenseOtherHardware])
        let back = trial.facts(now: Self.after(-2), nodes: [], own: nil)
        #expect(kinds([(trial, back), (trial, back)]) == [.clockSetBack])
    }
}
