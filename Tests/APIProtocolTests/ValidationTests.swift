import MembershipCore
import Primitives
import Testing
import Texts

@testable import APIProtocol

@Suite("Validation")
struct ValidationTests {
    private static let vip = Subnet("10.0.0.5/24")!

    private func problem(_ request: some Validatable) -> (APIErrorCode, String?)? {
        do throws(APIError) {
            try request.validate()
            return nil
        } catch {
            return (error.code, error.field)
        }
    }

    @Test("A node's report has a domain as a name, or none", arguments: [nil, "rack-2", "", "rack 2", "机架"])
    func domains(domain: String?) {
        let report = NodeReport(
            name: "n2", address: IPAddress("10.77.0.12")!, role: .voter, sentAt: Timestamp(milliseconds: 0),
            resources: NodeResources(
                cpuPercent: 0, memoryUsedBytes: 0, memoryTotalBytes: 0, pressure: Pressure(cpu: 0, memory: 0, io: 0),
                diskUsedBytes: 0, diskTotalBytes: 0, receiveBytesPerSecond: 0, transmitBytesPerSecond: 0),
            versions: [:], raft: nil, domain: domain)
        let isGood = domain.map { $0 == "rack-2" } ?? true
        #expect(problem(report)?.0 == (isGood ? nil : .invalidValue))
        #expect(problem(report)?.1 == (isGood ? nil : "domain"))
    }

    @Test(
        "A node's report has four hashed parts of its machine, or none",
        arguments: [
            (nil, true), (["", "", "", ""], true), ([String(repeating: "a", count: 64), "", "", ""], true),
            ([], false), (["", "", ""], false), ([String(repeating: "A", count: 64), "", "", ""], false),
            (["a", "", "", ""], false),
        ] as [([String]?, Bool)])
    func hardware(parts: [String]?, isGood: Bool) {
        let report = NodeReport(
            name: "n2", address: IPAddress("10.77.0.12")!, role: .voter, sentAt: Timestamp(milliseconds: 0),
            resources: NodeResources(
                cpuPercent: 0, memoryUsedBytes: 0, memoryTotalBytes: 0, pressure: Pressure(cpu: 0, memory: 0, io: 0),
                diskUsedBytes: 0, diskTotalBytes: 0, receiveBytesPerSecond: 0, transmitBytesPerSecond: 0),
            versions: [:], raft: nil, domain: nil, hardware: parts)
        #expect(problem(report)?.1 == (isGood ? nil : "hardware"))
    }

    @Test("A wrong value is refused in whole sentences of one language")
    func clauses() throws {
        for body in [#"{"text":5}"#, #"{"text":null}"#, #"{"text":["a"]}"#] {
            do throws(APIError) {
                _ = try StrictJSON.decode(LicenseText.self, from: Array(body.utf8))
                #expect(Bool(false), "\(body) was read")
            } catch {
                #expect(error.code == .invalidValue && error.field == "text")
                #expect(error.message.hasPrefix("The field 'text' must be a text, not "), "\(error.message)")
                let chinese = error.sentence(in: .chinese)
                #expect(!chinese.contains("must") && chinese.contains("必须是文本"), "\(chinese)")
            }
        }
        let range = APIError.invalid("uses", clause: "range", ["low": "1", "high": "500", "value": "0"])
        #expect(range.message == "The field 'uses' must be 1 to 500, not 0.")
        #expect(range.sentence(in: .chinese) == "字段“uses”的值无效：必须在 1 到 500 之间，而不是 0。")
    }

    @Test("A license is refused for its size before anything reads it")
    func license() {
        let longest = String(repeating: "a", count: 65_536)
        #expect(problem(LicenseText(text: longest)) == nil)
        #expect(problem(LicenseText(text: longest + "a"))! == (.licenseRefused, "text"))
        let cluster = FoundCluster(name: "demo", vip: [Self.vip], license: longest + "a")
        #expect(problem(SetupRequest(cluster: cluster))! == (.licenseRefused, "cluster.license"))
    }

    @Test("Setup wants exactly one of the two, whole")
    func setup() {
        let cluster = FoundCluster(name: "demo", vip: [Self.vip])
        let join = JoinCluster(master: IPAddress("10.0.0.1")!)
        #expect(problem(SetupRequest(cluster: cluster)) == nil)
        #expect(problem(SetupRequest(join: join)) == nil)
        #expect(problem(SetupRequest())! == (.missingField, "cluster"))
        #expect(problem(SetupRequest(cluster: cluster, join: join))! == (.invalidValue, "join"))
        #expect(
            problem(SetupRequest(cluster: FoundCluster(name: "a b", vip: [Self.vip])))! == (
                .invalidValue, "cluster.name"
            ))
        #expect(
            problem(SetupRequest(cluster: FoundCluster(name: "a", vip: [])))! == (.invalidValue, "cluster.vip"))
        #expect(
            problem(SetupRequest(cluster: FoundCluster(name: "a", vip: [Self.vip, Self.vip])))!
                == (.vipDuplicate, "cluster.vip"))
        #expect(
            problem(SetupRequest(cluster: FoundCluster(name: "a", vip: [Self.vip], gateway: Self.vip.address)))!
                == (.invalidValue, "cluster.gateway"))
        #expect(
            problem(SetupRequest(join: JoinCluster(master: IPAddress("10.0.0.1")!, role: .spare)))!
                == (.invalidValue, "join.role"))
    }

    @Test("Tokens, codes and changes have their limits")
    func limits() {
        #expect(problem(JoinTokenRequest()) == nil)
        #expect(problem(JoinTokenRequest(ttlSeconds: 86_401))! == (.invalidValue, "ttlSeconds"))
        #expect(problem(JoinTokenRequest(uses: 0))! == (.invalidValue, "uses"))
        #expect(JoinTokenRequest().completed == JoinTokenRequest(ttlSeconds: 86_400, uses: 1, role: .voter))
        #expect(problem(Approval(code: "12345"))! == (.invalidValue, "code"))
        #expect(problem(Approval(code: "12345x"))! == (.invalidValue, "code"))
        #expect(problem(Approval(code: "012345")) == nil)
        #expect(problem(ConfigurationChange())! == (.missingField, "vip"))
        #expect(problem(ConfigurationChange(profile: .calm)) == nil)
        #expect(problem(UserTokenRequest(name: "", role: .viewer))! == (.invalidValue, "name"))
        #expect(problem(UserTokenRequest(name: "anna@example.org", role: .viewer)) == nil)
        #expect(problem(CertificateRequest(csr: "x"))! == (.invalidValue, "csr"))
    }
}

@Suite("Errors")
struct APIErrorTests {
    @Test("Every code has a sentence in both languages and an error status", arguments: APIErrorCode.allCases)
    func sentences(code: APIErrorCode) {
        let error = APIError(code)
        #expect(error.message != code.rawValue)
        #expect(error.sentence(in: .chinese) != error.message)
        #expect((400...599).contains(code.status))
    }

    @Test("The parameters fill the sentence, the field as well")
    func filled() {
        #expect(APIError(.unknownField, field: "a.b").message == "Unknown field 'a.b'.")
        let error = APIError.notMaster(url: "https://10.0.0.1", peer: "https://10.0.0.1:7443")
        #expect(error.message == "This node is not the master; ask https://10.0.0.1.")
        #expect(error.parameters["peer"] == "https://10.0.0.1:7443")
    }
}

@Suite("Timestamp")
struct TimestampTests {
    @Test(
        "Prints and reads RFC 3339",
        arguments: [
            (0, "1970-01-01T00:00:00.000Z"), (-1, "1969-12-31T23:59:59.999Z"),
            (1_795_436_706_123, "2026-11-23T12:25:06.123Z"), (951_782_400_000, "2000-02-29T00:00:00.000Z"),
            (4_107_542_400_000, "2100-03-01T00:00:00.000Z"),
        ])
    func both(milliseconds: Int64, text: String) {
        #expect(Timestamp(milliseconds: milliseconds).description == text)
        #expect(Timestamp(text)?.milliseconds == milliseconds)
    }

    @Test(
        "Refuses everything else",
        arguments: [
            "", "2026-11-23T12:25:06Z", "2026-02-30T00:00:00.000Z", "2026-13-01T00:00:00.000Z",
            "2026-11-23 12:25:06.123Z", "2026-11-23T24:00:00.000Z", "2026-11-23T12:25:06.123+",
        ])
    func refused(text: String) {
        #expect(Timestamp(text) == nil)
    }
}

@Suite("User tokens")
struct UserTokenTests {
    /// Stands for SHA-256: the test needs only that it depends on every byte.
    private func digest(_ bytes: [UInt8]) -> [UInt8] {
        bytes.enumerated().reduce(into: Array(repeating: 7, count: 32)) { sum, byte in
            sum[byte.offset % 32] = sum[byte.offset % 32] &* 31 &+ byte.element
        }
    }

    @Test("A token is admitted by its own record, in its time")
    func admits() throws {
        let token = UserToken(idBytes: [1, 2, 3, 0xAB], secretBytes: Array(0..<16))
        #expect(token.text == "ku1.010203ab.000102030405060708090a0b0c0d0e0f")
        let parsed = try #require(UserToken(token.text))
        let info = UserTokenInfo(
            id: token.id, name: "anna", role: .viewer, created: Timestamp(milliseconds: 0),
            expires: Timestamp(milliseconds: 100))
        let hash = digest(Array(token.secret.utf8)).map {
            $0 < 16 ? "0\(String($0, radix: 16))" : String($0, radix: 16)
        }
        let record = UserTokenRecord(info: info, secretHash: hash.joined())
        #expect(record.admits(parsed, at: Timestamp(milliseconds: 99), digest: digest))
        #expect(!record.admits(parsed, at: Timestamp(milliseconds: 100), digest: digest))
        let other = UserToken(idBytes: [1, 2, 3, 0xAB], secretBytes: Array(1..<17))
        #expect(!record.admits(other, at: Timestamp(milliseconds: 1), digest: digest))
    }

    @Test(
        "Other texts are no tokens",
        arguments: ["", "ku1", "ku1.0.0", "ku2.010203ab.000102030405060708090a0b0c0d0e0f", "ku1.010203AB.x"])
    func malformed(text: String) {
        #expect(UserToken(text) == nil)
    }

    @Test("A session and a token are told apart, other texts are neither")
    func credentials() {
        let token = UserToken(idBytes: [1, 2, 3, 4], secretBytes: Array(0..<16))
        let session = SessionToken(idBytes: Array(0..<8), secretBytes: Array(0..<16))
        #expect(Credential(authorization: "Bearer \(token.text)") == .token(token))
        #expect(Credential(authorization: "bearer \(session.text)") == .session(session))
        for text in ["", "Bearer", "Basic \(token.text)", "Bearer \(session.text).x", "Bearer ks1.0.0"] {
            #expect(Credential(authorization: text) == nil, "'\(text)'")
        }
    }

    @Test("Nobody makes a token that may more than its maker")
    func gifts() {
        let gifts = UserRole.allCases.map { maker in UserRole.allCases.filter { maker.mayGive($0) } }
        #expect(
            gifts == [
                [.viewer], [.viewer, .operator], [.viewer, .operator, .administrator], [.viewer, .securityOfficer],
            ])
    }

    @Test("A token's groups are groups that there are")
    func groups() {
        func problem(_ groups: [String]) -> APIErrorCode? {
            do throws(APIError) {
                try UserTokenRequest(name: "a", role: .viewer, groups: groups.map(EndpointGroup.init(rawValue:)))
                    .validate()
                return nil
            } catch {
                return error.code
            }
        }
        #expect(problem(["nodes", "audit"]) == nil)
        #expect(problem([]) == .invalidValue)
        #expect(problem(["ndoes"]) == .invalidValue)
    }
}

@Suite("Attempt limiter")
struct AttemptLimiterTests {
    private func at(_ seconds: Int64) -> Instant { Instant(nanoseconds: 0) + .seconds(seconds) }

    @Test("After the limit an address waits until its window is over")
    func limit() {
        var limiter = AttemptLimiter(limit: 3, window: .seconds(60), capacity: 10)
        for second in 0..<3 {
            #expect(limiter.wait(for: "a", at: at(Int64(second))) == nil)
            limiter.refused("a", at: at(Int64(second)))
        }
        #expect(limiter.wait(for: "a", at: at(10)) == .seconds(50))
        #expect(limiter.wait(for: "b", at: at(10)) == nil)
        #expect(limiter.wait(for: "a", at: at(60)) == nil)
        limiter.refused("a", at: at(61))
        #expect(limiter.wait(for: "a", at: at(61)) == nil)
    }

    @Test("A good token clears the address, and a full table drops its oldest")
    func room() {
        var limiter = AttemptLimiter(limit: 1, window: .seconds(60), capacity: 2)
        limiter.refused("a", at: at(0))
        limiter.accepted("a")
        #expect(limiter.wait(for: "a", at: at(1)) == nil)
        limiter.refused("a", at: at(1))
        limiter.refused("b", at: at(2))
        limiter.refused("c", at: at(3))
        #expect(limiter.wait(for: "a", at: at(4)) == nil)
        #expect(limiter.wait(for: "b", at: at(4)) != nil)
        #expect(limiter.wait(for: "c", at: at(4)) != nil)
    }
}
