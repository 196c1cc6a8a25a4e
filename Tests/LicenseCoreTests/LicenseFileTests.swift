import APIProtocol
import Crypto
import Foundation
import LicenseCore
import Testing
import Texts

@Suite struct LicenseFileTests {
    private let key = Curve25519.Signing.PrivateKey()
    private let license = License(
        id: "L-1", customer: "Ærø Hafen", kind: .subscription, issued: Timestamp("2026-11-01T00:00:00.000Z")!,
        validFrom: Timestamp("2026-11-01T00:00:00.000Z")!, expires: Timestamp("2027-11-01T00:00:00.000Z")!,
        limits: .init(nodes: 3, hosts: 20), features: ["oracle"],
        binding: [HardwarePrint(hashing: ["uuid-1", "board-1", "02:00:00:00:00:01", nil])])

    private func payload() throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        return Array(try encoder.encode(license))
    }

    private var trusted: VendorKeys { VendorKeys([VendorKey(key.publicKey, isTest: false)], acceptsTestKeys: false) }

    private func file(_ payload: String) throws -> LicenseFile {
        try LicenseFile(Array(payload.utf8), signedBy: key)
    }

    private func problem(_ text: String, _ keys: VendorKeys? = nil) -> LicenseProblem? {
        do throws(LicenseProblem) {
            _ = try LicenseFile(parsing: text).license(trusting: keys ?? trusted)
            return nil
        } catch {
            return error
        }
    }

    @Test func whatTheVendorSignsIsRead() throws {
        let text = try LicenseFile(payload(), signedBy: key).text
        #expect(try LicenseFile(parsing: text).license(trusting: trusted) == license)
        #expect(text.split(separator: "\n").allSatisfy { $0.utf8.count <= 64 })
        let mailed = "\r\n\r\n" + text.replacing("\n", with: "\r\n") + "\r\n"
        #expect(try LicenseFile(parsing: mailed).license(trusting: trusted) == license)
    }

    @Test func noBitCanBeChanged() throws {
        let text = Array(try LicenseFile(payload(), signedBy: key).text.utf8)
        for index in text.indices {
            for bit in 0..<8 {
                var changed = text
                changed[index] ^= 1 << UInt8(bit)
                #expect(problem(String(decoding: changed, as: UTF8.self)) != nil, "byte \(index), bit \(bit)")
            }
        }
    }

    @Test func keysThatAreNotTrustedAreNamed() throws {
        let text = try LicenseFile(payload(), signedBy: key).text
        let id = VendorKey.ID(key.publicKey).description
        #expect(problem(text, VendorKeys([], acceptsTestKeys: true)) == .unknownKey(id))
        let test = VendorKey(key.publicKey, isTest: true)
        #expect(problem(text, VendorKeys([test], acceptsTestKeys: false)) == .testKey(id))
        #expect(problem(text, VendorKeys([test], acceptsTestKeys: true)) == nil)
    }

    @Test func whatIsNoLicenseIsRefused() throws {
        let text = try LicenseFile(payload(), signedBy: key).text
        #expect(problem("") == .notALicense)
        #expect(problem("hello " + text) == .notALicense)
        #expect(problem(text + "hello") == .notALicense)
        #expect(problem(String(repeating: "\n", count: 65_536) + text) == .tooLarge)
        let lines = text.split(separator: "\n")
        #expect(problem((lines.prefix(3) + lines.suffix(1)).joined(separator: "\n")) == .damaged)
        #expect(problem([lines[0], lines.last!].joined(separator: "\n")) == .damaged)
    }

    @Test func aSignedPayloadMustStillBeALicense() throws {
        let good = String(decoding: try payload(), as: UTF8.self)
        guard
            case .badPayload(let doubled) = problem(
                try file(good.replacing(#""id":"L-1""#, with: #""id":"L-1","id":"L-2""#)).text)
        else { return #expect(Bool(false), "a doubled key was read") }
        #expect((doubled.code, doubled.field) == (.duplicateField, "id"))
        #expect(problem(try file("{}").text) != nil)
        #expect(
            problem(try file(good.replacing(#""nodes":3"#, with: #""nodes":0"#)).text)
                == .badField("limits.nodes", .range(1, 1_000_000)))
        #expect(
            problem(try file(good.replacing("2027-11", with: "2025-11")).text)
                == .badField("expires", .notLater))
        #expect(
            problem(try file(good.replacing("subscription", with: "perpetual")).text)
                == .badField("expires", .unlessPerpetual))
    }

    private static let problems: [LicenseProblem] = [
        .tooLarge, .notALicense, .damaged, .unknownVersion(2), .unknownKey("k"), .testKey("k"), .badSignature,
        .badPayload(APIError(.duplicateField, field: "id")), .badPayload(APIError(.unknownField, field: "x")),
        .badPayload(APIError(.missingField, field: "id")), .badPayload(.invalid("id", "must be a text")),
        .badPayload(APIError(.malformed, ["reason": "it ends too early"])), .badField("f", .range(1, 2)),
        .badField("f", .text(200)), .badField("f", .unlessPerpetual), .badField("f", .notLater),
        .badField("f", .tooManyMachines(500)), .badField("f", .badParts), .badField("f", .tooFewParts(2)),
        .expired(Timestamp(milliseconds: 0)), .notYetValid(Timestamp(milliseconds: 0)),
        .otherHardware(found: 1, needed: 2), .tooFewNodes(limit: 2, present: 3),
    ]

    @Test(arguments: problems, Language.allCases)
    func everyProblemHasAWholeSentenceInEachLanguage(problem: LicenseProblem, language: Language) {
        let sentence = problem.sentence(in: language)
        #expect(sentence != problem.text.key && !sentence.contains("{") && !sentence.contains("?"), "\(sentence)")
        // The same as an answer of the API, after its way over the network.
        #expect(problem.asAPIError.sentence(in: language).hasSuffix(sentence))
        guard language == .chinese else { return }
        // Field names and quoted lines are of the format; an English clause would be three words in a row.
        #expect(sentence.firstMatch(of: /[a-z]+ [a-z]+ [a-z]+/) == nil, "\(sentence)")
    }
}
