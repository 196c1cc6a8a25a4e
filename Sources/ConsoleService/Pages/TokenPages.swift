import APIProtocol
import Hummingbird
import MembershipCore

/// Secrets for those who are no people: tokens of programs for the API, tokens of nodes for joining.
enum TokenPages {
    static let routes = [
        PageRoute.page("/tokens") { try await show($0) },
        PageRoute.form("/tokens/api", makeForAPI),
        PageRoute.form("/tokens/join", makeForJoining),
        PageRoute.form("/tokens/:kind/:id/revoke", revoke),
    ]

    /// - Parameter created: a new token, which is shown this once.
    private static func show(
        _ page: PageRequest, created: String = "", problem: APIError? = nil
    ) async throws -> Response {
        let (upstream, asker, words) = (page.upstream, page.visitor.asker, page.words)
        let api = try await upstream.get(.userTokens, as: asker, of: ItemList<UserTokenInfo>.self).items
        let join = try await upstream.get(.tokens, as: asker, of: ItemList<JoinTokenInfo>.self).items
        return page.render(
            "tokens", title: words("navigation.tokens"), navigation: .tokens,
            [
                "created": created, "api": api.map { row($0, page) }, "join": join.map { row($0, page) },
                "hasAPI": !api.isEmpty, "hasJoin": !join.isEmpty,
                "userRoles": UserRole.allCases.map { ["id": $0.rawValue, "name": words("userRole.\($0.rawValue)")] },
                "nodeRoles": [LocalMembership.Role.voter, .witness].map {
                    ["id": $0.rawValue, "name": words("role.\($0.rawValue)")]
                },
                "groups": groups.map { ["id": $0.rawValue] },
            ], status: problem.map { HTTPResponse.Status(code: $0.code.status) } ?? .ok, problem: problem)
    }

    /// Those that hold something which a token is needed for.
    private static let groups = EndpointGroup.all.filter { group in
        Endpoint.all.contains { if case .user = $0.access { $0.group == group } else { false } }
    }

    private static func row(_ token: UserTokenInfo, _ page: PageRequest) -> Fields {
        [
            "id": token.id, "name": token.name, "role": page.words("userRole.\(token.role.rawValue)"),
            "scopes": token.groups.map { $0.map(\.rawValue).joined(separator: ", ") } ?? page.words("tokens.allScopes"),
            "created": "\(token.created)", "expires": token.expires.map { "\($0)" } ?? "",
            "form": page.visitor.formToken,
        ]
    }

    private static func row(_ token: JoinTokenInfo, _ page: PageRequest) -> Fields {
        [
            "id": token.id, "role": page.words("role.\(token.role.rawValue)"), "left": "\(token.usesLeft)",
            "expires": "\(token.expires)", "usable": !token.revoked, "tone": token.revoked ? "none" : "good",
            "state": page.words(token.revoked ? "tokens.revoked" : "tokens.usable"), "form": page.visitor.formToken,
        ]
    }

    /// - Parameter work: the new token's text.
    private static func make(
        _ page: PageRequest, _ work: () async throws -> String
    ) async throws -> Response {
        do {
            return try await show(page, created: try await work())
        } catch let error as APIError where error.code != .tokenRefused && error.code.status < 500 {
            return try await show(page, problem: error)
        }
    }

    @Sendable private static func makeForAPI(_ page: PageRequest) async throws -> Response {
        let form = try await page.form()
        return try await make(page) {
            let groups = groups.filter { form["group.\($0.rawValue)"] != nil }
            let request = UserTokenRequest(
                name: form["name"] ?? "", role: form["role"].flatMap(UserRole.init(rawValue:)) ?? .viewer,
                ttlSeconds: try number("days", form).map { $0 * 86_400 }, groups: groups.isEmpty ? nil : groups)
            return try await page.upstream.get(
                .createUserToken, body: request, as: page.visitor.asker, of: CreatedUserToken.self
            ).token
        }
    }

    @Sendable private static func makeForJoining(_ page: PageRequest) async throws -> Response {
        let form = try await page.form()
        return try await make(page) {
            let request = JoinTokenRequest(
                ttlSeconds: try number("hours", form).map { $0 * 3_600 }, uses: try number("uses", form),
                role: form["role"].flatMap(LocalMembership.Role.init(rawValue:)))
            return try await page.upstream.get(
                .createToken, body: request, as: page.visitor.asker, of: CreatedJoinToken.self
            ).token
        }
    }

    /// nil when the field is empty. What is no number or too large for one to be is refused like one out of range.
    private static func number(_ name: String, _ form: Form) throws -> Int? {
        guard let text = form[name] else { return nil }
        guard let number = Int(text), abs(number) <= 1_000_000 else {
            throw APIError.invalid(name, clause: "wholeNumber", ["value": String(text.prefix(32))])
        }
        return number
    }

    @Sendable private static func revoke(_ page: PageRequest) async throws -> Response {
        _ = try await page.form()
        let endpoint: Endpoint
        switch page.parameter("kind") {
        case "api": endpoint = .revokeUserToken
        case "join": endpoint = .revokeToken
        default: throw APIError(.notFound, ["path": String(page.request.uri.path.prefix(256))])
        }
        do {
            _ = try await page.upstream.call(endpoint, [page.parameter("id")], as: page.visitor.asker)
            return HTML.redirect("/tokens?done=tokenRevoked")
        } catch let error as APIError where error.code != .tokenRefused && error.code.status < 500 {
            return try await show(page, problem: error)
        }
    }
}
