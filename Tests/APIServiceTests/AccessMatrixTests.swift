import APIProtocol
import HTTPTypes
import Testing

@testable import APIService

/// The whole matrix of routes and roles, generated from `Endpoint.all`, over the real router.
@Suite("Who may do what, over the users' listener")
struct AccessMatrixTests {
    /// What each level means, written down once more and not taken from the code that is tested.
    private static let allowed: [AccessLevel: Set<UserRole>] = [
        .viewer: [.viewer, .operator, .administrator, .securityOfficer],
        .operator: [.operator, .administrator],
        .administrator: [.administrator],
        .security: [.securityOfficer],
    ]

    private static func isAllowed(_ role: UserRole, _ endpoint: Endpoint) -> Bool {
        switch endpoint.access {
        case .open: true
        case .node, .local, .machine: false
        case .user(let level): allowed[level]?.contains(role) ?? false
        }
    }

    private static let bodies: [String: String] = [
        "/v1/users/{id}": #"{"disabled":true}"#, "/v1/session/password": #"{"old":"x","new":"a long enough phrase"}"#,
    ]

    @Test("Nobody, without a token or with a wrong one", arguments: Endpoint.all)
    func anonymous(endpoint: Endpoint) async throws {
        let control = FakeControl(users: Users.all)
        try await Harness(control: control).run { requester in
            let path = endpoint.path(["0123456789abcdef"])
            let bare = try await requester.send(endpoint.method.rawValue, path)
            switch endpoint.access {
            case .open: #expect(bare.error?.code != .unauthenticated)
            case .node, .local: #expect(bare.error?.code == .forbidden)
            case .user, .machine:
                #expect(bare.status == 401 && bare.error?.code == .unauthenticated)
                for token in ["ku1.00000009.00112233445566778899aabbccddeeff", "ks1.x", "", "nonsense"] {
                    let wrong = try await requester.send(endpoint.method.rawValue, path, token: token)
                    #expect(wrong.status == 401 && wrong.error?.code == .tokenRefused, "'\(token)'")
                }
                #expect(control.calls.isEmpty, "something was done for nobody")
                #expect(control.notes.isEmpty, "strangers must not fill the audit trail")
            }
        }
    }

    @Test("Every role, by token and by session", arguments: Endpoint.all, UserRole.allCases)
    func roles(endpoint: Endpoint, role: UserRole) async throws {
        for token in [Users.token(role).text, Users.session(role).text] {
            let control = FakeControl(users: Users.all)
            try await Harness(control: control).run { requester in
                let reply = try await requester.send(
                    endpoint.method.rawValue, endpoint.path(["0123456789abcdef"]), token: token,
                    body: Self.bodies[endpoint.path])
                let isAllowed = Self.isAllowed(role, endpoint)
                #expect((reply.error?.code != .forbidden) == isAllowed)
                #expect(reply.error?.code != .tokenRefused && reply.error?.code != .unauthenticated)
                if !isAllowed {
                    #expect(reply.status == 403)
                    #expect(control.calls.isEmpty, "it was refused and done")
                }
                let isNoted = endpoint.isAudited && endpoint.access != .node && endpoint != .createSession
                if isNoted {
                    // An approval is one, and what it approves is another.
                    #expect(control.notes.count == (endpoint == .approveRequest ? 2 : 1))
                    #expect(control.notes.allSatisfy { $0.role == role })
                    if !isAllowed { #expect(control.notes.first?.outcome == "forbidden") }
                }
            }
        }
    }

    @Test("The first administrator manages users as long as there is no security officer, and nothing else of security")
    func standIn() async throws {
        let token = Users.session(.administrator).text
        let alone = UserIdentity(
            name: "anna", role: .administrator, kind: .session, id: "p", session: "s", standsForSecurity: true)
        for endpoint in Endpoint.all where endpoint.access == .user(.security) {
            let isManaging = endpoint.path.hasPrefix("/v1/users") || endpoint.path.hasPrefix("/v1/sessions")
            try await Harness(control: FakeControl(users: [(token, alone)])).run { requester in
                let reply = try await requester.send(
                    endpoint.method.rawValue, endpoint.path(["0123456789abcdef"]), token: token)
                #expect((reply.error?.code != .forbidden) == isManaging, "\(endpoint.action)")
            }
        }
    }

    @Test("A token with scopes reaches its groups and nothing else", arguments: Endpoint.all)
    func scopes(endpoint: Endpoint) async throws {
        guard case .user = endpoint.access else { return }
        let token = Users.token(.administrator).text
        let limited = UserIdentity(
            name: "robot", role: .administrator, groups: [EndpointGroup(rawValue: "nodes")], standsForSecurity: true)
        let control = FakeControl(users: [(token, limited)])
        try await Harness(control: control).run { requester in
            let reply = try await requester.send(
                endpoint.method.rawValue, endpoint.path(["0123456789abcdef"]), token: token)
            let isInScope = endpoint.path.hasPrefix("/v1/nodes") || endpoint == .session
            #expect((reply.error?.code != .outOfScope) == isInScope)
            if !isInScope { #expect(control.calls.isEmpty) }
        }
    }

    @Test("Who must set up a second factor may do nothing before", arguments: Endpoint.all)
    func enrolment(endpoint: Endpoint) async throws {
        guard case .user = endpoint.access else { return }
        let token = Users.session(.administrator).text
        let bare = UserIdentity(
            name: "anna", role: .administrator, kind: .session, id: "p", session: "s", mustEnrolSecondFactor: true)
        try await Harness(control: FakeControl(users: [(token, bare)])).run { requester in
            let reply = try await requester.send(
                endpoint.method.rawValue, endpoint.path(["0123456789abcdef"]), token: token)
            let isOwn = endpoint.path == "/v1/session" || endpoint.path.hasPrefix("/v1/session/")
            #expect((reply.error?.code != .secondFactorNeeded) == isOwn)
        }
    }
}
