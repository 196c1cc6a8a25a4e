import APIProtocol
import FoundationEssentials
import Primitives

/// Sessions, users, the audit trail, approvals.
extension Routes {
    var access: [Route] { sessions + users + security + audit + approvals }

    private var sessions: [Route] {
        let control = control
        return [
            Route(.createSession) { request in
                try await .json(control.logIn(request.decoded(LoginRequest.self)), status: 201)
            },
            Route(.session) { _ in
                guard let who = WhoAmI(Caller.current) else { throw APIError(.unauthenticated) }
                return try .json(who)
            },
            Route(.endSession) { _ in
                try await control.logOut()
                return .done
            },
            Route(.changePassword) { request in
                try await control.changePassword(request.decoded(PasswordChange.self))
                return .done
            },
            Route(.beginSecondFactor) { _ in try await .json(control.beginSecondFactor()) },
            Route(.confirmSecondFactor) { request in
                try await .json(control.confirmSecondFactor(request.decoded(SecondFactorCode.self)))
            },
            Route(.removeSecondFactor) { request in
                try await control.removeSecondFactor(request.decoded(PasswordProof.self))
                return .done
            },
            Route(.sessions) { _ in try await .json(ItemList(control.sessions())) },
            Route(.endOtherSession) { request in
                try await control.endSession(request.id)
                return .done
            },
        ]
    }

    private var users: [Route] {
        let control = control
        return [
            Route(.users) { _ in try await .json(ItemList(control.users())) },
            Route(.createUser) { request in
                try await .json(control.createUser(request.decoded(NewUser.self)), status: 201)
            },
            Route(.changeUser) { request in
                try await .json(control.changeUser(request.id, request.decoded(UserChange.self)))
            },
            Route(.removeUser) { request in
                try await control.removeUser(request.id)
                return .done
            },
            Route(.resetSecondFactor) { request in
                try await control.resetSecondFactor(of: request.id)
                return .done
            },
        ]
    }

    private var security: [Route] {
        let control = control
        return [
            Route(.security) { _ in try await .json(control.security()) },
            Route(.changeSecurity) { request in
                try await .json(control.changeSecurity(request.decoded(SecuritySettings.self)))
            },
        ]
    }

    private var audit: [Route] {
        let control = control
        return [
            Route(.audit) { request in
                try request.checkQuery(allowed: ["after", "limit"])
                let after: Int64? = try request.integer("after", in: 0...Int64.max)
                let limit = try request.integer("limit", in: 1...1_000) ?? 100
                return try await .json(ItemList(control.audit(after: after, limit: limit)))
            },
            Route(.exportAudit) { _ in
                var lines: [UInt8] = []
                for entry in try await control.audit(after: 0, limit: .max) {
                    lines += try RouteAnswer.json(entry).body + [UInt8(ascii: "\n")]
                }
                return RouteAnswer(status: 200, contentType: "application/x-ndjson", body: lines)
            },
            Route(.verifyAudit) { _ in try await .json(control.verifyAudit()) },
            Route(.nodeAudit) { request in
                try await control.append(request.decoded(AuditNote.self), from: try peer())
                return .done
            },
        ]
    }

    private var approvals: [Route] {
        let control = control
        return [
            Route(.approvals) { _ in try await .json(ItemList(control.approvals())) },
            Route(.approveRequest) { try await approve($0.id) },
            Route(.rejectRequest) { request in
                try await control.rejectApproval(request.id)
                return .done
            },
        ]
    }

    /// What would have been done at once is done now, by the same handler, and noted as what it is.
    private func approve(_ id: String) async throws -> RouteAnswer {
        let held = try await control.claimApproval(id)
        guard let route = all.first(where: { $0.endpoint.action == held.action }) else {
            throw APIError(.internalError, ["reason": "there is no '\(held.action)' any more"])
        }
        let parts = RouteRequest(id: held.target, body: Array(held.body.utf8))
        let clerk = AuditClerk(control: control, endpoint: route.endpoint, client: Caller.client)
        do {
            let answer = try await route.handle(parts)
            await clerk.note(Caller.current, parts, outcome: AuditNote.done, approval: id)
            try await control.closeApproval(id)
            return answer
        } catch {
            let outcome = (error as? APIError)?.code ?? .internalError
            await clerk.note(Caller.current, parts, outcome: outcome.rawValue, approval: id)
            throw error
        }
    }
}
