import MembershipCore
import Primitives
import Testing

@testable import APIProtocol

@Suite("Strict JSON")
struct StrictJSONTests {
    private func error<T: Decodable>(_ type: T.Type, _ text: String) -> APIError? {
        do throws(APIError) {
            _ = try StrictJSON.decode(type, from: Array(text.utf8))
            return nil
        } catch {
            return error
        }
    }

    @Test("A whole request is decoded")
    func whole() throws {
        let text = """
            {"cluster": {"name": "demo", "vip": ["10.77.0.50/24", "fd77::50/64"], "gateway": "10.77.0.1",
             "profile": "fast"}}
            """
        let request = try StrictJSON.decode(SetupRequest.self, from: Array(text.utf8))
        #expect(request.cluster?.vip.map(\.description) == ["10.77.0.50/24", "fd77::50/64"])
        #expect(request.cluster?.profile == .fast)
        #expect(request.join == nil)
    }

    @Test("Numbers, dictionaries and nested types are decoded")
    func report() throws {
        let text = """
            {"name":"n1","address":"10.0.0.1","role":"voter","sentAt":"2026-11-23T12:25:06.123Z","resources":
            {"cpuPercent":3,"memoryUsedBytes":1,"memoryTotalBytes":18446744073709551615,"pressure":{"cpu":0.5,
            "memory":1e-2,"io":0},"diskUsedBytes":1,"diskTotalBytes":2,"receiveBytesPerSecond":-0.0,
            "transmitBytesPerSecond":0,"clockOffsetMilliseconds":null},"versions":{"etcd":"3.5.16"}}
            """
        let report = try StrictJSON.decode(NodeReport.self, from: Array(text.utf8))
        #expect(report.resources.memoryTotalBytes == .max)
        #expect(report.resources.pressure.memory == 0.01)
        #expect(report.resources.clockOffsetMilliseconds == nil)
        #expect(report.versions == ["etcd": "3.5.16"])
    }

    @Test(
        "An error names its field",
        arguments: [
            (#"{"cluster":{"name":"a","vip":[],"vpi":[]}}"#, APIErrorCode.unknownField, "cluster.vpi"),
            (#"{"claster":{}}"#, .unknownField, "claster"),
            (#"{"cluster":{"vip":[]}}"#, .missingField, "cluster.name"),
            (#"{"cluster":{"name":"a","vip":["10.0.0.1/24","10.0.0.1/99"]}}"#, .invalidValue, "cluster.vip[1]"),
            (#"{"cluster":{"name":7,"vip":[]}}"#, .invalidValue, "cluster.name"),
            (#"{"cluster":{"name":"a","vip":[],"profile":"warp"}}"#, .invalidValue, "cluster.profile"),
            (#"{"cluster":{"name":"a","name":"b","vip":[]}}"#, .duplicateField, "cluster.name"),
            (#"{"join":{"master":"10.0.0.1","role":"king"}}"#, .invalidValue, "join.role"),
            (#"{"join":{"master":"10.0.0.1","port":1.5}}"#, .invalidValue, "join.port"),
            (#"{"join":[]}"#, .invalidValue, "join"),
        ])
    func fields(text: String, code: APIErrorCode, field: String) {
        let error = error(SetupRequest.self, text)
        #expect(error?.code == code)
        #expect(error?.field == field)
    }

    @Test("A choice that is not known lists those that are")
    func choices() {
        let error = error(SetupRequest.self, #"{"cluster":{"name":"a","vip":[],"profile":"warp"}}"#)
        #expect(
            error?.message
                == "The field 'cluster.profile' must be one of auto, instant, fast, calm, slow, not 'warp'.")
    }

    @Test(
        "What is not JSON is refused",
        arguments: [
            "", " ", "{", "[]", "7", "null", "{}x", "{\"a\":}", "{\"a\" 1}", "{\"a\":01}", "{\"a\":1.}", "{\"a\":+1}",
            "{\"a\":\"\u{1}\"}", "{\"a\":\"\\x\"}", "{\"a\":\"\\ud800\"}", "{\"a\":\"\\ud800\\u0041\"}", "{\"a\":tru}",
            "{\"a\":1,}", "{a:1}", String(repeating: "{\"a\":", count: 40) + "1" + String(repeating: "}", count: 40),
        ])
    func malformed(text: String) {
        #expect(error(SwitchRequest.self, text)?.code == .malformed)
    }

    @Test("Invalid UTF-8 is refused; escapes become what they mean")
    func text() throws {
        let bad: [UInt8] = Array(#"{"to":""#.utf8) + [0xC3, 0x28] + Array(#""}"#.utf8)
        #expect(throws: APIError.self) { try StrictJSON.decode(SwitchRequest.self, from: bad) }
        let value = try StrictJSON.decode(
            SwitchRequest.self, from: Array(#"{"to":"\u00e9\ud83d\ude00\n\/"}"#.utf8))
        #expect(value.to == "é😀\n/")
    }
}
