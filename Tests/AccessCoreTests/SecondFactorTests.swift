import APIProtocol
import Primitives
import Testing

@testable import AccessCore

@Suite("Second factor")
struct SecondFactorTests {
    private static let seed = Array("12345678901234567890".utf8)

    /// RFC 4648, section 10.
    @Test(
        "Base32",
        arguments: [
            ("", ""), ("f", "MY======"), ("fo", "MZXQ===="), ("foo", "MZXW6==="), ("foob", "MZXW6YQ="),
            ("fooba", "MZXW6YTB"), ("foobar", "MZXW6YTBOI======"),
        ])
    func base32(plain: String, text: String) {
        #expect(Base32.text(Array(plain.utf8), padded: true) == text)
        #expect(Base32.bytes(text) == Array(plain.utf8))
        #expect(Base32.bytes(text.lowercased().filter { $0 != "=" }) == Array(plain.utf8))
    }

    @Test("What is no Base32 is refused", arguments: ["M1======", "M=Y", "MZ", "M", "MY======A", "ÄB", "MZXW6YQ0"])
    func notBase32(text: String) { #expect(Base32.bytes(text) == nil) }

    /// RFC 6238, appendix B, SHA-1.
    @Test(
        "The vectors of RFC 6238",
        arguments: [
            (59, "94287082"), (1_111_111_109, "07081804"), (1_111_111_111, "14050471"), (1_234_567_890, "89005924"),
            (2_000_000_000, "69279037"), (20_000_000_000, "65353130"),
        ] as [(Int64, String)])
    func timeCodes(seconds: Int64, code: String) {
        let step = TimeCode.step(at: Timestamp(milliseconds: seconds * 1_000))
        #expect(TimeCode(secret: Self.seed).code(step: step, digits: 8) == code)
        #expect(TimeCode(secret: Self.seed).code(step: step) == String(code.suffix(6)))
    }

    /// RFC 4226, appendix D.
    @Test("The vectors of RFC 4226")
    func counterCodes() {
        let codes = [
            "755224", "287082", "359152", "969429", "338314", "254676", "287922", "162583", "399871", "520489",
        ]
        for (counter, code) in codes.enumerated() {
            #expect(TimeCode(secret: Self.seed).code(step: Int64(counter)) == code)
        }
    }

    @Test("One period around now counts, each of them once")
    func window() {
        let code = TimeCode(secret: Self.seed)
        let now = Timestamp(milliseconds: 3_000_000_000)
        let step = TimeCode.step(at: now)
        for offset: Int64 in -3...3 {
            let accepted = code.step(of: code.code(step: step + offset), at: now, after: nil)
            #expect(accepted == (abs(offset) <= 1 ? step + offset : nil), "\(offset)")
        }
        #expect(code.step(of: code.code(step: step), at: now, after: step) == nil)
        #expect(code.step(of: code.code(step: step - 1), at: now, after: step) == nil)
        #expect(code.step(of: code.code(step: step + 1), at: now, after: step) == step + 1)
        for wrong in ["", "12345", "1234567", "abcdef"] { #expect(code.step(of: wrong, at: now, after: nil) == nil) }
    }

    @Test("The text for the QR code")
    func uri() {
        #expect(
            TimeCode.uri(secret: "MZXW6", issuer: "Keelson demo", account: "anna@example.org")
                == "otpauth://totp/Keelson%20demo:anna%40example.org?secret=MZXW6&issuer=Keelson%20demo"
                + "&algorithm=SHA1&digits=6&period=30")
    }

    @Test("Ten recovery codes, each good once, however it is typed")
    func recoveryCodes() {
        let bytes = (0..<100).map { UInt8($0) }
        let codes = RecoveryCodes.make(bytes)
        #expect(Set(codes).count == 10 && codes.allSatisfy { $0.count == 19 })
        var hashes = codes.map(RecoveryCodes.hash)
        #expect(!hashes.joined().contains(codes[0]))
        hashes = RecoveryCodes.spend(codes[3].lowercased(), of: hashes)!
        #expect(hashes.count == 9)
        #expect(RecoveryCodes.spend(codes[3], of: hashes) == nil)
        hashes = RecoveryCodes.spend(" " + codes[0].filter { $0 != "-" }, of: hashes)!
        #expect(hashes.count == 8)
        #expect(RecoveryCodes.spend("AAAA-AAAA-AAAA-AAAA", of: hashes) == nil)
    }

    @Test("A login needs both, and neither is good twice")
    func login() throws {
        let now = Timestamp(milliseconds: 3_000_000_000)
        let step = TimeCode.step(at: now)
        let code = TimeCode(secret: Self.seed)
        let salt = [UInt8](repeating: 1, count: 16)
        var person = Person(
            name: "Anna", role: .operator, created: now,
            password: try PasswordHash("secret", salt: salt, parameters: PasswordTests.cheap))
        let judge = LocalAuthenticator(parameters: PasswordTests.cheap)
        #expect(try judge.judge(Proof(password: "secret"), of: person, at: now) == .accepted(person))
        #expect(try judge.judge(Proof(password: "secret"), of: nil, at: now) == .refused)

        #expect(person.propose(secret: Self.seed) == "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ")
        // A secret that is not confirmed changes nothing.
        #expect(try judge.judge(Proof(password: "secret"), of: person, at: now) == .accepted(person))
        let random = (0..<100).map { UInt8($0) }
        #expect(person.confirm(code: "000000", at: now, random: random) == nil)
        let confirmed = person.confirm(code: code.code(step: step), at: now, random: random)
        let codes = try #require(confirmed)
        #expect(person.confirm(code: code.code(step: step), at: now, random: random) == nil)

        func verdict(_ password: String, _ code: String?, _ person: Person) throws -> Verdict {
            try judge.judge(Proof(password: password, code: code), of: person, at: now)
        }
        #expect(try verdict("secret", nil, person) == .codeNeeded)
        #expect(try verdict("wrong", nil, person) == .refused)
        #expect(try verdict("wrong", code.code(step: step + 1), person) == .refused)
        #expect(try verdict("secret", code.code(step: step), person) == .refused)
        guard case .accepted(let after) = try verdict("secret", code.code(step: step + 1), person) else {
            Issue.record("a good code was refused")
            return
        }
        #expect(try verdict("secret", code.code(step: step + 1), after) == .refused)
        guard case .accepted(let spent) = try verdict("secret", codes[4], after) else {
            Issue.record("a recovery code was refused")
            return
        }
        #expect(spent.secondFactor?.recoveryCodes.count == 9)
        #expect(try verdict("secret", codes[4], spent) == .refused)
        person.disabled = true
        #expect(try verdict("secret", codes[5], person) == .refused)
    }
}
