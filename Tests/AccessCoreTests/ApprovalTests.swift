import APIProtocol
import Primitives
import Testing

@testable import AccessCore

@Suite("Four eyes")
struct ApprovalTests {
    private static let now = Timestamp(milliseconds: 1_000_000_000)
    private static let request = HeldRequest(action: Endpoint.removeNode.action, target: "n", body: "")

    private func user(_ id: String, _ role: UserRole, _ kind: UserIdentity.Kind = .session, owner: String? = nil)
        -> UserIdentity
    {
        UserIdentity(name: id, role: role, kind: kind, id: id, session: kind == .session ? "s" : nil, owner: owner)
    }

    private func refusal(_ body: () throws(APIError) -> Void) -> APIErrorCode? {
        do throws(APIError) {
            try body()
            return nil
        } catch {
            return error.code
        }
    }

    @Test("Another administrator or security officer approves, in person and in time")
    func approvers() {
        let record = ApprovalRecord(id: "a", request: Self.request, by: user("anna", .administrator), at: Self.now)
        func check(_ caller: Caller, _ now: Timestamp = Self.now) -> APIErrorCode? {
            refusal { () throws(APIError) in try record.checkApprover(caller, at: now) }
        }
        #expect(check(.user(user("anna", .administrator))) == .ownApproval)
        #expect(check(.user(user("bert", .administrator))) == nil)
        #expect(check(.user(user("carl", .securityOfficer))) == nil)
        #expect(check(.user(user("dora", .operator))) == .forbidden)
        #expect(check(.user(user("eric", .viewer))) == .forbidden)
        #expect(check(.user(user("token", .administrator, .token))) == .sessionNeeded)
        #expect(check(.anonymous) == .sessionNeeded)
        #expect(check(.local) == nil)
        let node = NodeID("0123456789abcdef")!
        #expect(check(.forwarded(by: node, for: .user(user("anna", .administrator)))) == .ownApproval)
        #expect(check(.forwarded(by: node, for: .user(user("bert", .administrator)))) == nil)
        #expect(check(.user(user("bert", .administrator)), record.expires) == .unknownApproval)
        #expect(record.expires.milliseconds - Self.now.milliseconds == 86_400_000)
    }

    @Test("Who made a token does not approve what was asked with it")
    func tokens() {
        let record = ApprovalRecord(
            id: "a", request: Self.request, by: user("robot", .administrator, .token, owner: "anna"), at: Self.now)
        #expect(
            refusal { () throws(APIError) in
                try record.checkApprover(.user(user("anna", .administrator)), at: Self.now)
            } == .ownApproval)
    }

    @Test("Who asked may withdraw, whoever may approve may say no")
    func rejecters() {
        let record = ApprovalRecord(id: "a", request: Self.request, by: user("anna", .administrator), at: Self.now)
        func check(_ user: UserIdentity) -> APIErrorCode? {
            refusal { () throws(APIError) in try record.checkRejecter(.user(user), at: Self.now) }
        }
        #expect(check(user("anna", .administrator)) == nil)
        #expect(check(user("bert", .securityOfficer)) == nil)
        #expect(check(user("eric", .viewer)) == .forbidden)
    }

    @Test("Only what destroys waits, only while the rule is on, and never for root")
    func holding() {
        let on = SecuritySettings(fourEyes: true)
        let off = SecuritySettings()
        let anna = Caller.user(user("anna", .administrator))
        #expect(on.mustHold(.removeNode, wished: nil, by: anna))
        #expect(on.mustHold(.removeUser, wished: nil, by: anna))
        #expect(on.mustHold(.changeSecurity, wished: off, by: anna))
        #expect(!on.mustHold(.changeSecurity, wished: on, by: anna))
        #expect(!on.mustHold(.switchMaster, wished: nil, by: anna))
        #expect(!off.mustHold(.removeNode, wished: nil, by: anna))
        #expect(!on.mustHold(.removeNode, wished: nil, by: .local))
    }
}
