import APIProtocol
import MembershipCore
import Primitives
import SetupCore
import Testing

@Suite("Nodes that wait before there is a cluster")
struct WaitingNodesTests {
    private func id(_ number: Int) -> NodeID {
        let digits = String(number)
        return NodeID(String(repeating: "0", count: 16 - digits.count) + digits)!
    }
    private func at(_ seconds: Int64) -> Instant { Instant(nanoseconds: seconds * 1_000_000_000) }

    private func hear(_ number: Int, _ waiting: inout WaitingNodes, at now: Instant, offset: Double? = nil) throws {
        let request = JoinRequest(
            csr: "x", name: "n\(number)", address: IPAddress("10.77.0.11")!, role: .voter)
        try waiting.heard(
            request, from: id(number), code: "123456", clockOffset: offset,
            since: Timestamp(milliseconds: Int64(number)), at: now)
    }

    @Test("At most 64; who asks no more makes room")
    func bounded() throws {
        var waiting = WaitingNodes()
        for number in 0..<64 { try hear(number, &waiting, at: at(1)) }
        let error = #expect(throws: APIError.self) { try hear(64, &waiting, at: at(2)) }
        #expect(error?.code == .tooManyWaiting)
        try hear(0, &waiting, at: at(60))
        try hear(64, &waiting, at: at(61))
        #expect(waiting.waiting(at: at(61)).map(\.id) == [id(0), id(64)])
    }

    @Test("A rejected node is told so for ten minutes")
    func rejection() throws {
        var waiting = WaitingNodes()
        try hear(1, &waiting, at: at(1))
        waiting.reject(id(1), at: at(2))
        #expect(waiting.waiting(at: at(2)).isEmpty)
        let error = #expect(throws: APIError.self) { try hear(1, &waiting, at: at(601)) }
        #expect(error?.code == .joinRejected)
        try hear(1, &waiting, at: at(602))
        #expect(waiting.waiting(at: at(602)).count == 1)
    }

    @Test(
        "More than 30 s are too far",
        arguments: [(30_000, nil), (-30_000, nil), (30_001, 30_001.0), (40_000, 40_000.0), (-40_000, -40_000.0)]
            as [(Int64, Double?)])
    func skew(milliseconds: Int64, offset: Double?) {
        let now = Timestamp(milliseconds: 1_800_000_000_000)
        let sent = Timestamp(milliseconds: now.milliseconds + milliseconds)
        #expect(ClockSkew.offset(sentAt: sent, receivedAt: now) == offset)
    }

    @Test("A clock that was never set, one from the end of time, and none")
    func extremes() {
        let now = Timestamp(milliseconds: 1_800_000_000_000)
        #expect(ClockSkew.offset(sentAt: nil, receivedAt: now) == nil)
        #expect(ClockSkew.offset(sentAt: Timestamp(milliseconds: 0), receivedAt: now) == -1_800_000_000_000)
        #expect(ClockSkew.offset(sentAt: Timestamp(milliseconds: .min), receivedAt: now) != nil)
        let error = ClockSkew.error(of: "n2", offset: 40_400)
        #expect(error.code == .clockSkew && error.parameters == ["node": "n2", "seconds": "40"])
    }
}

@Suite("Rules of addresses")
struct AddressRulesTests {
    private let rules = AddressRules(
        subnet: Subnet("10.77.0.11/24")!,
        nodes: [
            .init(name: "n1", address: IPAddress("10.77.0.11")!), .init(name: "n2", address: IPAddress("10.77.0.12")!),
        ],
        prefix: "network.")

    @Test(
        "Each wrong address has its error",
        arguments: [
            ("10.77.0.11/24", nil, APIErrorCode.vipIsNodeAddress, "network.vip"),
            ("10.77.0.12/24", nil, .vipIsNodeAddress, "network.vip"),
            ("10.78.0.50/24", nil, .vipOutsideSubnet, "network.vip"),
            ("10.77.0.50/16", nil, .invalidValue, "network.vip"),
            ("10.77.0.50/24", "10.78.0.1", .gatewayOutsideSubnet, "network.gateway"),
            ("10.77.0.50/24", "10.77.0.11", .invalidValue, "network.gateway"),
        ] as [(String, String?, APIErrorCode, String)])
    func wrong(vip: String, gateway: String?, code: APIErrorCode, field: String) {
        let error = #expect(throws: APIError.self) {
            try rules.check([Subnet(vip)!], gateway: gateway.flatMap { IPAddress($0) })
        }
        #expect(error?.code == code && error?.field == field)
    }

    @Test func right() throws {
        try rules.check([Subnet("10.77.0.50/24")!, Subnet("fd77::50/64")!], gateway: IPAddress("10.77.0.1")!)
    }
}
