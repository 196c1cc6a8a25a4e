import JoinCore
import MembershipCore
import Primitives
import Testing

@Suite struct JoinTokenTests {
    static let ca = CAFingerprint(certificateDER: [1, 2, 3])
    static let other = CAFingerprint(certificateDER: [4])
    static let now = WallTime(secondsSince1970: 1_795_436_704)

    static func token(seed: UInt64 = 1, ca: CAFingerprint = ca) -> JoinToken {
        var random = SeededRandom(seed: seed)
        return JoinToken(ca: ca, random: &random)
    }

    @Test func textRoundTrips() throws {
        let token = Self.token()
        #expect(try JoinToken(parsing: token.text) == token)
        #expect(token.text.hasPrefix("kj1.\(Self.ca)."))
        #expect(token.text.utf8.count == 4 + 64 + 1 + 8 + 1 + 32)
    }

    @Test func printingHidesTheSecret() {
        let token = Self.token()
        let secret = token.text.split(separator: ".")[3]
        #expect(!"\(token)".contains(secret))
        #expect(!String(reflecting: token).contains(secret))
    }

    @Test(arguments: [
        ("", JoinTokenError.notAToken),
        ("hello", .notAToken),
        ("kj2.a.b.c", .notAToken),
        ("kj1", .wrongPartCount(1)),
        ("kj1.a.b", .wrongPartCount(3)),
        ("kj1.a.b.c", .badPart("CA fingerprint", digits: 64)),
        ("kj1.\(ca).123456.c", .badPart("token id", digits: 8)),
        ("kj1.\(ca).12345678.zz", .badPart("secret", digits: 32)),
        ("kj1.\(ca).12345678.\(String(repeating: "g", count: 32))", .badPart("secret", digits: 32)),
    ])
    func badTextsAreNamed(text: String, error: JoinTokenError) {
        #expect(throws: error) { try JoinToken(parsing: text) }
    }

    @Test func aGoodTokenIsSpentUntilUsedUp() throws {
        let token = Self.token()
        var stored = try StoredJoinToken(token, role: .voter, at: Self.now, seconds: 86_400, uses: 2)
        for left in [1, 0] {
            stored = try StoredJoinToken.check(token, against: stored, clusterCA: Self.ca, at: Self.now).spent()
            #expect(stored.usesLeft == left)
        }
        #expect(throws: JoinRefusal.usedUp(id: token.id)) {
            try StoredJoinToken.check(token, against: stored, clusterCA: Self.ca, at: Self.now)
        }
    }

    @Test func expiryIsExact() throws {
        let token = Self.token()
        let stored = try StoredJoinToken(token, role: .witness, at: Self.now, seconds: 3_600, uses: 1)
        let end = Self.now.adding(hours: 1)
        _ = try StoredJoinToken.check(token, against: stored, clusterCA: Self.ca, at: end.adding(seconds: -1))
        #expect(throws: JoinRefusal.expired(id: token.id, at: end)) {
            try StoredJoinToken.check(token, against: stored, clusterCA: Self.ca, at: end)
        }
    }

    @Test func anotherClusterIsNamedOnBothSides() throws {
        let token = Self.token(ca: Self.other)
        let refusal = JoinRefusal.otherCluster(token: Self.other, cluster: Self.ca)
        #expect(throws: refusal) { try token.check(masterCA: Self.ca) }
        #expect(throws: refusal) {
            try StoredJoinToken.check(token, against: nil, clusterCA: Self.ca, at: Self.now)
        }
        #expect(refusal.description.contains(Self.other.short) && refusal.description.contains(Self.ca.short))
    }

    @Test func revokedUnknownAndWrongSecret() throws {
        let token = Self.token()
        let stored = try StoredJoinToken(token, role: .voter, at: Self.now, seconds: 86_400, uses: 1)
        #expect(throws: JoinRefusal.revoked(id: token.id)) {
            try StoredJoinToken.check(token, against: stored.revoked(), clusterCA: Self.ca, at: Self.now)
        }
        #expect(throws: JoinRefusal.unknown(id: token.id)) {
            try StoredJoinToken.check(token, against: nil, clusterCA: Self.ca, at: Self.now)
        }
        let parts = token.text.split(separator: ".")
        let forged = try JoinToken(parsing: "kj1.\(parts[1]).\(parts[2]).\(String(repeating: "0", count: 32))")
        #expect(throws: JoinRefusal.unknown(id: token.id)) {
            try StoredJoinToken.check(forged, against: stored, clusterCA: Self.ca, at: Self.now)
        }
    }

    @Test func limits() {
        let token = Self.token()
        for seconds: Int64 in [59, 86_401] {
            #expect(throws: JoinTokenLimit.life(seconds: seconds)) {
                try StoredJoinToken(token, role: .voter, at: Self.now, seconds: seconds, uses: 1)
            }
        }
        #expect(throws: JoinTokenLimit.uses(0)) {
            try StoredJoinToken(token, role: .voter, at: Self.now, seconds: 3_600, uses: 0)
        }
    }

    @Test func theSecretIsNotStored() throws {
        let token = Self.token()
        let stored = try StoredJoinToken(token, role: .voter, at: Self.now, seconds: 3_600, uses: 1)
        #expect(!"\(stored)".contains(token.text.split(separator: ".")[3]))
        #expect(stored.secretHash.utf8.count == 64)
    }
}

@Suite struct ComparisonCodeTests {
    @Test func dependsOnBothSides() {
        let code = ComparisonCode(ca: JoinTokenTests.ca, publicKeyDER: [9, 9])
        #expect(code == ComparisonCode(ca: JoinTokenTests.ca, publicKeyDER: [9, 9]))
        #expect(code != ComparisonCode(ca: JoinTokenTests.ca, publicKeyDER: [9, 8]))
        #expect(code != ComparisonCode(ca: JoinTokenTests.other, publicKeyDER: [9, 9]))
    }

    @Test func textHasSixDigitsAndParses() throws {
        for key in 0..<200 {
            let code = ComparisonCode(ca: JoinTokenTests.ca, publicKeyDER: [UInt8(key)])
            #expect(code.description.utf8.count == 6)
            #expect(ComparisonCode(code.description) == code)
        }
        #expect(ComparisonCode("004 711")?.number == 4711)
        #expect(ComparisonCode("004-711")?.description == "004711")
        #expect(ComparisonCode("12345") == nil && ComparisonCode("1234567") == nil && ComparisonCode("12345a") == nil)
    }

    @Test func uniformEnough() {
        // 4 000 codes into 10 bins: the expected count is 400, its standard deviation 19.
        var bins = [Int](repeating: 0, count: 10)
        for key in 0..<4_000 {
            let code = ComparisonCode(
                ca: JoinTokenTests.ca, publicKeyDER: [UInt8(key & 255), UInt8(key >> 8)])
            bins[code.number / 100_000] += 1
        }
        #expect(bins.allSatisfy { (300...500).contains($0) })
    }
}

@Suite struct WallTimeTests {
    @Test func printsUTC() {
        #expect(WallTime(secondsSince1970: 0).description == "1970-01-01 00:00:00 UTC")
        #expect(WallTime(secondsSince1970: 951_782_400).description == "2000-02-29 00:00:00 UTC")
        #expect(WallTime(secondsSince1970: 1_795_436_704).description == "2026-11-23 12:25:04 UTC")
        #expect(WallTime(secondsSince1970: -1).description == "1969-12-31 23:59:59 UTC")
    }
}
