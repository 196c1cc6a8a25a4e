import Primitives
import Testing

@testable import Etcd

@Suite struct GatewayTests {
    @Test func base64RoundTripsAndRefusesOthers() {
        for length in 0..<20 {
            let bytes = (0..<length).map { UInt8(truncatingIfNeeded: $0 &* 37 &+ 200) }
            var text: [UInt8] = []
            Base64.append(bytes, to: &text)
            #expect(Base64.decode(text) == bytes)
        }
        var text: [UInt8] = []
        Base64.append("cluster".utf8, to: &text)
        #expect(String(decoding: text, as: UTF8.self) == "Y2x1c3Rlcg==")
        for bad in ["a", "abc", "a===", "=abc", "ab=c", "ab c", "YQ==YQ=="] { #expect(Base64.decode(bad.utf8) == nil) }
    }

    @Test func readsJSON() throws {
        let text = #" {"a":[1,-2.5e3,true,null,{}],"b":"x\n\"\\\/\u00e9\ud83d\ude00","c":[],"d":"ü"} "#
        let json = try JSONReader.read(Array(text.utf8))
        #expect(json["a"]?.elements == [.number("1"), .number("-2.5e3"), .bool(true), .null, .object([])])
        #expect(json["b"]?.text == "x\n\"\\/é😀")
        #expect(json["c"] == .array([]) && json["d"]?.text == "ü" && json["e"] == nil)
    }

    @Test(arguments: [
        "", "{", "[1,", "{\"a\"}", "{\"a\":}", "\"", "\"\\x\"", "\"\\u12\"", "\"\\ud800x\"", "tru", "1 2", "[1}", "}",
    ])
    func refusesBrokenJSON(text: String) {
        #expect(throws: JSONError.self) { try JSONReader.read(Array(text.utf8)) }
    }

    @Test func deepNestingIsAnErrorNotACrash() {
        #expect(throws: JSONError.self) { try JSONReader.read([UInt8](repeating: UInt8(ascii: "["), count: 100_000)) }
    }

    @Test func writesTransactions() {
        let transaction = Transaction(
            if: [.modRevision(of: "k", equals: 5), .value(of: "k", equals: [1])],
            then: [.put(key: "k", value: []), .delete(.prefix("p"))], else: [.get(.key("k"))])
        let expected = """
            {"compare":[{"result":"EQUAL","key":"aw==","target":"MOD","mod_revision":"5"},\
            {"result":"EQUAL","key":"aw==","target":"VALUE","value":"AQ=="}],\
            "success":[{"request_put":{"key":"aw==","value":""}},\
            {"request_delete_range":{"key":"cA==","range_end":"cQ=="}}],\
            "failure":[{"request_range":{"key":"aw=="}}]}
            """
        #expect(String(decoding: GatewayRequest.transaction(transaction), as: UTF8.self) == expected)
    }

    @Test func prefixEnds() {
        #expect(GatewayRequest.end(ofPrefix: [1, 2]) == [1, 3])
        #expect(GatewayRequest.end(ofPrefix: [1, 255]) == [2])
        #expect(GatewayRequest.end(ofPrefix: [255]) == [0])
        #expect(GatewayRequest.end(ofPrefix: []) == [0])
    }

    @Test func linesAreCutAcrossChunks() {
        var buffer = LineBuffer()
        func append(_ text: String) -> Bool { buffer.append(text.utf8, limit: 100) }
        func line() -> String? { buffer.next().map { String(decoding: $0, as: UTF8.self) } }
        #expect(append("ab\n\nc"))
        #expect(line() == "ab")
        #expect(line() == nil)
        #expect(append("d\ne\n"))
        #expect(line() == "cd")
        #expect(line() == "e")
        #expect(line() == nil)
        #expect(!append(String(repeating: "A", count: 101)))
    }

    @Test func refusalsAreToldApart() {
        let texts: [(String, EtcdRefusal.Kind)] = [
            ("etcdserver: mvcc: database space exceeded", .noSpace),
            ("etcdserver: unhealthy cluster", .unhealthyCluster),
            ("etcdserver: can only promote a learner member which is in sync with leader", .learnerNotReady),
            ("etcdserver: can only promote a learner member", .notLearner),
            ("etcdserver: too many learner members in cluster", .tooManyLearners),
            ("etcdserver: something new", .other),
        ]
        for (text, kind) in texts { #expect(EtcdRefusal(code: 9, message: text).kind == kind) }
        #expect(EtcdRefusal(code: 14, message: "etcdserver: request timed out").leavesOutcomeUnknown)
        #expect(EtcdRefusal(code: 14, message: "transport is closing").leavesOutcomeUnknown)
        #expect(!EtcdRefusal(code: 14, message: "etcdserver: unhealthy cluster").leavesOutcomeUnknown)
    }

    @Test func endpointOrderIsSticky() throws {
        let endpoints = (1...3).map { EtcdEndpoint(address: IPAddress(bytes: [10, 0, 0, $0])) }
        var order = EndpointOrder(endpoints)
        order.failed(endpoints[1])
        #expect(order.endpoints == endpoints && order.absentPreferred == nil)
        order.failed(endpoints[0])
        #expect(order.endpoints == [endpoints[1], endpoints[2], endpoints[0]])
        #expect(order.absentPreferred == endpoints[0])
        order.recovered(endpoints[2])
        #expect(order.first == endpoints[1])
        order.replace(endpoints.reversed())
        #expect(order.endpoints == [endpoints[1], endpoints[0], endpoints[2]])
        order.recovered(endpoints[2])
        #expect(order.first == endpoints[2])
        order.replace([endpoints[1]])
        #expect(order.candidates(.any) == [endpoints[1]] && order.candidates(.only(endpoints[0])) == [endpoints[0]])
        #expect(EtcdEndpoint(url: "https://[fd77::1]:2379")?.url == "https://[fd77::1]:2379")
        #expect(EtcdEndpoint(url: "http://10.0.0.1:2379") == nil && EtcdEndpoint(url: "https://host:2379") == nil)
    }
}
