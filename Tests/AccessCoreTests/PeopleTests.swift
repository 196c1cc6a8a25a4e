import APIProtocol
import Primitives
import Testing

@testable import AccessCore

@Suite("Users, sessions, lock-out")
struct PeopleTests {
    private static let now = Timestamp(milliseconds: 1_000_000_000)
    private static let hash = PasswordHash.decoy(PasswordTests.cheap)

    private func at(_ seconds: Int64) -> Timestamp { Timestamp(milliseconds: 1_000_000_000 + seconds * 1_000) }

    private func person(_ name: String, _ role: UserRole, disabled: Bool = false) -> Person {
        var person = Person(name: name, role: role, created: Self.now, password: Self.hash)
        person.disabled = disabled
        return person
    }

    @Test("The last administrator that may log in stays one")
    func lastAdministrator() {
        let people = [person("a", .administrator), person("b", .administrator, disabled: true), person("c", .viewer)]
        func keeps(_ id: String, _ changed: Person?) -> Bool {
            People.keepAdministrator(people, changing: id, to: changed)
        }
        #expect(!keeps(people[0].id, nil))
        #expect(!keeps(people[0].id, person("a", .securityOfficer)))
        #expect(!keeps(people[0].id, person("a", .administrator, disabled: true)))
        #expect(keeps(people[0].id, person("a", .administrator)))
        #expect(keeps(people[1].id, nil))
        #expect(keeps(people[2].id, nil))
        #expect(People.keepAdministrator([people[2]], changing: people[2].id, to: nil))
    }

    @Test("Names that differ in case only are one user; a disabled security officer is none")
    func names() {
        #expect(Person.id(of: "Anna") == Person.id(of: "aNNA"))
        #expect(Person.id(of: "anna") != Person.id(of: "anne"))
        #expect(Hexadecimal.isText(Person.id(of: "anna"), digits: 16))
        #expect(People.lackSecurityOfficer([person("a", .securityOfficer, disabled: true)]))
        #expect(!People.lackSecurityOfficer([person("a", .securityOfficer)]))
    }

    @Test("A session ends by its own time, by idleness, and for every other secret")
    func sessions() {
        let settings = SecuritySettings(sessionMinutes: 60, idleMinutes: 30)
        let token = SessionToken(idBytes: Array(0..<8), secretBytes: Array(0..<16))
        #expect(SessionToken(token.text) == token)
        var record = SessionRecord(
            token, person: "p", at: Self.now, settings: settings, client: nil, secondFactor: false, language: nil)
        #expect(!"\(record)".contains(token.secret))
        #expect(record.admits(token, at: at(1_799), settings: settings))
        #expect(!record.admits(token, at: at(1_800), settings: settings))
        #expect(record.touched(at: at(59)) == nil)
        record = record.touched(at: at(1_700))!
        #expect(record.admits(token, at: at(3_499), settings: settings))
        record = record.touched(at: at(3_499))!
        #expect(!record.admits(token, at: at(3_600), settings: settings))
        let other = SessionToken(idBytes: Array(0..<8), secretBytes: Array(1..<17))
        #expect(!record.admits(other, at: at(1), settings: settings))
        let elsewhere = SessionToken(idBytes: Array(1..<9), secretBytes: Array(0..<16))
        #expect(!record.admits(elsewhere, at: at(1), settings: settings))
        // Stricter rules hold for sessions that are open already.
        #expect(!record.isAlive(at: at(3_599 + 300), settings: SecuritySettings(idleMinutes: 5)))
    }

    @Test("One more than may be makes the longest unused end")
    func manySessions() {
        let sessions = (0..<251).map { number in
            let token = SessionToken(
                idBytes: [0, 0, 0, 0, 0, 0, UInt8(number / 256), UInt8(number % 256)], secretBytes: Array(0..<16))
            return SessionRecord(
                token, person: "p", at: at(Int64(1_000 - number)), settings: SecuritySettings(), client: nil,
                secondFactor: false, language: nil)
        }
        #expect(SessionRecord.surplus(sessions) == [sessions[250].id, sessions[249].id])
        #expect(SessionRecord.surplus(Array(sessions.prefix(249))).isEmpty)
    }

    @Test("Whoever must have a second factor and has none is told so, also in a session that is open already")
    func enrolment() {
        let settings = SecuritySettings(requireSecondFactor: true)
        let token = SessionToken(idBytes: Array(0..<8), secretBytes: Array(0..<16))
        let record = SessionRecord(
            token, person: "p", at: Self.now, settings: settings, client: nil, secondFactor: false, language: "zh")
        var user = person("a", .administrator)
        #expect(record.identity(of: user, settings: settings, lackSecurityOfficer: true).mustEnrolSecondFactor)
        user.secondFactor = .init(secret: "", lastStep: 0, recoveryCodes: [])
        let identity = record.identity(of: user, settings: settings, lackSecurityOfficer: true)
        #expect(!identity.mustEnrolSecondFactor && identity.standsForSecurity && identity.language == "zh")
        user.role = .operator
        #expect(!record.identity(of: user, settings: settings, lackSecurityOfficer: true).standsForSecurity)
    }

    @Test("Waits double from one second to a quarter of an hour, and end")
    func backOff() {
        var failures: LoginFailures?
        var waits: [Int64] = []
        for _ in 0..<18 {
            let next = LoginFailures.next(after: failures, at: Self.now)
            failures = next
            waits.append(next.lockedUntil(at: Self.now).map { ($0.milliseconds - Self.now.milliseconds) / 1_000 } ?? 0)
        }
        #expect(waits == [0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900, 900, 900])
        #expect(failures?.lockedUntil(at: at(899)) != nil)
        #expect(failures?.lockedUntil(at: at(900)) == nil)
        #expect(LoginFailures.next(after: failures, at: at(86_400)).count == 1)
        // A clock that went back by a week does not lock for a week.
        #expect(failures?.lockedUntil(at: at(-7 * 86_400)) == nil)
    }

    @Test("A name is locked from everywhere, an address for every name; what is stored counts on a new master")
    func limiter() {
        var limiter = LoginLimiter(capacity: 100)
        for _ in 0..<5 { _ = limiter.failed(name: "Anna", client: "10.0.0.1", stored: nil, at: Self.now) }
        func locked(_ name: String, _ client: String?, _ stored: LoginFailures? = nil) -> Bool {
            limiter.lockedUntil(name: name, client: client, stored: stored, at: Self.now) != nil
        }
        #expect(locked("anna", "10.0.0.2") && locked("bert", "10.0.0.1") && locked("ANNA", nil))
        #expect(!locked("bert", "10.0.0.2"))
        #expect(locked("bert", "10.0.0.2", LoginFailures(count: 9, last: Self.now)))
        let next = limiter.failed(
            name: "bert", client: nil, stored: LoginFailures(count: 9, last: Self.now), at: Self.now)
        #expect(next.count == 10)
        limiter.succeeded(name: "anna", client: "10.0.0.1")
        #expect(!locked("anna", "10.0.0.1"))
    }

    @Test("The limiter forgets the oldest when it is full")
    func capacity() {
        var limiter = LoginLimiter(capacity: 2)
        for (name, second) in [("a", Int64(0)), ("b", 1), ("c", 2)] {
            for _ in 0..<6 { _ = limiter.failed(name: name, client: name, stored: nil, at: at(second)) }
        }
        #expect(limiter.lockedUntil(name: "a", client: "a", stored: nil, at: at(2)) == nil)
        #expect(limiter.lockedUntil(name: "c", client: nil, stored: nil, at: at(2)) != nil)
    }

    @Test("The first administrator logs in with what was given")
    func firstAdministrator() throws {
        let random = [UInt8](repeating: 7, count: FirstAdministrator.randomSize)
        let user = FirstUser(name: "anna", password: "a long enough phrase")
        let plain = try FirstAdministrator(user, at: Self.now, random: random, parameters: PasswordTests.cheap)
        #expect(plain.record.role == .administrator && plain.recoveryCodes.isEmpty)
        #expect(try plain.record.password.admits("a long enough phrase"))
        let secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
        let strong = try FirstAdministrator(
            user, authenticator: (secret, 7), at: Self.now, random: random, parameters: PasswordTests.cheap)
        #expect(strong.recoveryCodes.count == 10 && strong.record.secondFactor?.lastStep == 7)
        let judge = LocalAuthenticator(parameters: PasswordTests.cheap)
        let proof = Proof(password: "a long enough phrase", code: strong.recoveryCodes[0])
        guard case .accepted = try judge.judge(proof, of: strong.record, at: Self.now) else {
            Issue.record("the recovery code was refused")
            return
        }
        #expect(throws: APIError(.passwordTooShort, field: "administrator.password", ["least": "12"])) {
            _ = try FirstAdministrator(
                FirstUser(name: "anna", password: "short"), at: Self.now, random: random,
                parameters: PasswordTests.cheap)
        }
        #expect(throws: APIError.self) {
            _ = try FirstAdministrator(
                user, authenticator: ("MZXW6", 7), at: Self.now, random: random, parameters: PasswordTests.cheap)
        }
    }
}
