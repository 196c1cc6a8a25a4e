import APIProtocol
import Crypto
import Foundation
import LicenseCore
import LicenseProtocol
import Testing
import Texts

@testable import LicenseService

@Suite struct ValidatorTests {
    private let signed = Signed()

    private func ask(_ request: ValidatorRequest, _ keys: VendorKeys? = nil) throws -> ValidatorAnswer {
        let validator = Validator(keys: keys ?? signed.trusted) { Signed.machine(1) }
        let line = validator.answer(Array(try JSONEncoder().encode(request)))
        #expect(line.hasSuffix("\n") && line.count { $0 == "\n" } == 1)
        return try JSONDecoder().decode(ValidatorAnswer.self, from: Data(line.utf8))
    }

    private func judged(_ facts: LicenseState.Facts, _ license: License = Signed.license()) throws -> LicenseJudgement {
        try #require(try ask(.judge(try signed.text(license), facts)).judgement)
    }

    @Test func tellsThisMachinesPrint() throws {
        #expect(try ask(.hardware) == ValidatorAnswer(hardware: Signed.machine(1)))
    }

    @Test func inspectsAndJudges() throws {
        let text = try signed.text()
        let key = VendorKey.ID(signed.key.publicKey).description
        #expect(try ask(.inspect(text)) == ValidatorAnswer(license: Signed.license().info, keyID: key))
        let answer = try ask(.judge(text, Signed.facts()))
        #expect(answer.keyID == key)
        #expect(
            answer.judgement
                == LicenseJudgement(
                    phase: .valid, until: Signed.after(365), warnings: [], allowsAdditions: true, refusal: nil))
    }

    /// Each of these is signed well and still not installed; the sentence names the figures, in either language.
    @Test func aGoodLicenseThatDoesNotFitIsRefusedWithItsFigures() throws {
        let bound = Signed.license(binding: (1...3).map(Signed.machine))
        let cases: [(LicenseJudgement, String, [String])] = [
            (try judged(Signed.facts(day: 400)), "license.expired", ["2027-11-01"]),
            (try judged(Signed.facts(day: 366)), "license.expired", ["2027-11-01"]),
            (try judged(Signed.facts(day: -1)), "license.notYetValid", ["2026-11-01"]),
            (try judged(Signed.facts(hardware: [Signed.machine(1)]), bound), "license.otherHardware", ["1", "2"]),
            (try judged(Signed.facts(nodes: 4)), "license.tooFewNodes", ["3", "4"]),
        ]
        for (judgement, key, figures) in cases {
            let refusal = try #require(judgement.refusal)
            #expect(refusal.code == .licenseRefused && refusal.field == "text")
            #expect(refusal.parameters["problem.key"] == key)
            for language in Language.allCases {
                let sentence = refusal.sentence(in: language)
                #expect(figures.allSatisfy(sentence.contains), "\(sentence)")
            }
        }
    }

    @Test func graceStillAllowsAdditions() throws {
        let grace = try judged(Signed.facts(day: 370))
        #expect((grace.phase, grace.until, grace.allowsAdditions) == (.grace, Signed.after(395), true))
        let over = try judged(Signed.facts(day: 395))
        #expect((over.phase, over.until, over.allowsAdditions) == (.expired, Signed.after(365), false))
    }

    @Test func warningsHaveSentences() throws {
        var license = Signed.license(nodes: 1, binding: (1...3).map(Signed.machine))
        license.limits.hosts = 1
        license.limits.tebibytes = 1
        var facts = Signed.facts(day: 1, latest: 2)
        (facts.hosts, facts.tebibytes) = (2, 2)
        let warnings = try judged(facts, license).warnings
        #expect(Set(warnings.map(\.code)) == Set(LicenseWarning.Code.allCases).subtracting([.refused]))
        for warning in warnings {
            #expect(!warning.message.contains("?") && !warning.message.contains("{"))
            let chinese = Catalogue.sentence("license.warning.\(warning.code.rawValue)", warning.parameters, .chinese)
            #expect(chinese?.contains("?") == false)
        }
    }

    @Test func whatIsNoGoodLicenseIsRefusedInBothLanguages() throws {
        let text = try signed.text()
        var flipped = Array(text.utf8)
        flipped[text.utf8.count / 2] ^= 1
        let strange = VendorKeys([VendorKey(signed.key.publicKey, isTest: true)], acceptsTestKeys: false)
        let cases: [(String, String, VendorKeys?)] = [
            ("license.tooLarge", String(repeating: "a", count: 65_537), nil), ("license.notALicense", "hello", nil),
            ("license.unknownKey", text, Signed().trusted), ("license.testKey", text, strange),
            (
                "license.badPayload", try signed.text { $0.replacing(#""id":"L-1""#, with: #""id":"L-1","id":"L-2""#) },
                nil
            ),
            ("license.badField", try signed.text { $0.replacing(#""nodes":3"#, with: #""nodes":0"#) }, nil),
        ]
        for (key, text, keys) in cases {
            let refusal = try #require(try ask(.judge(text, Signed.facts()), keys).refused)
            #expect(refusal.code == .licenseRefused && refusal.field == "text")
            #expect(refusal.parameters["problem.key"] == key)
            #expect(!refusal.sentence(in: .chinese).contains("?"))
            #expect(refusal.sentence(in: .english) == refusal.message)
        }
        #expect(try ask(.inspect(String(decoding: flipped, as: UTF8.self))).refused?.code == .licenseRefused)
    }

    @Test func whatIsNoQuestionIsRefused() throws {
        let validator = Validator(keys: signed.trusted) { Signed.machine(1) }
        for line in ["", "pong", "{}", #"{"ask":"all"}"#, #"{"ask":"judge","text":"a"}"#, #"{"ask":"inspect"}"#] {
            let answer = try JSONDecoder().decode(
                ValidatorAnswer.self, from: Data(validator.answer(Array(line.utf8)).utf8))
            #expect(answer.refused != nil, "\(line)")
        }
        #expect(validator.answer(Array("ping".utf8)) == "pong\n")
    }
}
