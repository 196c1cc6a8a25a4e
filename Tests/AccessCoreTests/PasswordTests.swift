import APIProtocol
import Primitives
import Testing

@testable import AccessCore

@Suite("Passwords")
struct PasswordTests {
    static let cheap = PasswordHash.Parameters(cost: 16, blockSize: 1, parallelism: 1)

    /// RFC 7914, section 12; the fourth needs a gibibyte.
    @Test(
        "The vectors of RFC 7914",
        arguments: [
            (
                "", "", 16, 1, 1,
                "77d6576238657b203b19ca42c18a0497f16b4844e3074ae8dfdffa3fede21442"
                    + "fcd0069ded0948f8326a753a0fc81f17e8d3e0fb2e0d3628cf35e20c38d18906"
            ),
            (
                "password", "NaCl", 1_024, 8, 16,
                "fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b373162"
                    + "2eaf30d92e22a3886ff109279d9830dac727afb94a83ee6d8360cbdfa2cc0640"
            ),
            (
                "pleaseletmein", "SodiumChloride", 16_384, 8, 1,
                "7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2"
                    + "d5432955613f0fcf62d49705242a9af9e61e85dc0d651e40dfcf017b45575887"
            ),
        ] as [(String, String, Int, Int, Int, String)])
    func vectors(password: String, salt: String, cost: Int, block: Int, parallel: Int, expected: String) throws {
        let key = try PasswordHash.derive(
            Array(password.utf8), Array(salt.utf8), .init(cost: cost, blockSize: block, parallelism: parallel), 64)
        #expect(Hexadecimal.text(key) == expected)
    }

    @Test("A record admits its password and no other, whatever it costs")
    func record() throws {
        for parameters in [Self.cheap, .init(cost: 64, blockSize: 2, parallelism: 2)] {
            let record = try PasswordHash("correct", salt: Array(0..<16), parameters: parameters)
            #expect(try record.admits("correct"))
            for wrong in ["Correct", "correct ", "", "correc"] { #expect(try !record.admits(wrong), "'\(wrong)'") }
            #expect(!record.hash.contains("correct") && record.salt == "000102030405060708090a0b0c0d0e0f")
        }
    }

    @Test("The same password twice is two records")
    func salted() throws {
        let one = try PasswordHash("correct", salt: Array(0..<16), parameters: Self.cheap)
        let other = try PasswordHash("correct", salt: Array(1..<17), parameters: Self.cheap)
        #expect(one.hash != other.hash)
    }

    @Test("A damaged record admits nobody and does not take the machine down")
    func damaged() throws {
        let good = try PasswordHash("correct", salt: Array(0..<16), parameters: Self.cheap)
        var record = good
        for cost in [0, 1, 3, -16, 1 << 30] {
            record.parameters.cost = cost
            #expect(try !record.admits("correct"), "\(cost)")
        }
        record = good
        record.parameters.blockSize = 1 << 20
        #expect(try !record.admits("correct"))
        record = good
        record.salt = "zz"
        #expect(try !record.admits("correct"))
        record = good
        record.hash = ""
        #expect(try !record.admits(""))
    }

    @Test("The decoy costs what a record costs and admits nothing")
    func decoy() throws {
        let decoy = PasswordHash.decoy(Self.cheap)
        for password in ["", "password", "0"] { #expect(try !decoy.admits(password)) }
        #expect(PasswordHash.decoy().parameters == .current)
    }

    @Test(
        "Rules",
        arguments: [
            ("elevenchars", "anna", .tooShort), (String(repeating: "aB3$", count: 33), "anna", .tooLong),
            ("annaannaanna", "anna", .isName), ("AnnaAnnaAnna1", "anna", .isName),
            ("password1234", "anna", .tooCommon), ("PasswordPassword", "anna", .tooCommon),
            ("aaaaaaaaaaaa", "anna", .tooCommon), ("123456789012", "anna", .tooCommon),
            ("qwertyuiopas", "anna", .tooCommon), ("abcdefghijkl", "anna", .tooCommon),
            ("keelsonkeelson", "x", .tooCommon),
            ("a long enough phrase", "anna", nil), ("密码密码一二三四五六七八", "anna", nil),
            ("correct-battery-horse", "anna", nil), ("annaburkhardt-77", "anna", nil), ("Tr0ub4dor&3xyz", "", nil),
        ] as [(String, String, PasswordRules.Problem?)])
    func rules(password: String, name: String, problem: PasswordRules.Problem?) {
        #expect(PasswordRules.problem(password, name: name) == problem)
    }
}
