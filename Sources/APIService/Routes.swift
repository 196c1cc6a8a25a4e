import APIProtocol
import Primitives

/// All routes over one cluster control.
struct Routes: Sendable {
    let control: any ClusterControl
    /// Prometheus text of the program's own metrics.
    let metricsText: @Sendable () -> String

    var all: [Route] {
        open + reading + operating + membership + tokens + node + license + access + settingUp + notifications
            + nodeCare + support + jobs + webCertificate + machines
    }

    private var open: [Route] {
        let control = control
        return [
            Route(.health) { _ in
                let health = try await control.health()
                return try .json(health, status: health.healthy ? 200 : 503)
            },
            Route(.master) { _ in try await .json(control.master()) },
            Route(.join) { try await .json(control.joinRequest($0.decoded(JoinRequest.self))) },
            Route(.authority) { _ in try await .json(control.authority()) },
            Route(.openAPI) { _ in
                RouteAnswer(
                    status: 200, contentType: "application/json; charset=utf-8", body: PackageResources.openapi_json)
            },
        ]
    }

    private var reading: [Route] {
        let control = control
        let metricsText = metricsText
        return [
            Route(.status) { _ in try await .json(control.status()) },
            Route(.nodes) { _ in try await .json(ItemList(control.nodes())) },
            Route(.pendingNodes) { _ in try await .json(ItemList(control.pendingNodes())) },
            Route(.events) { request in
                try request.checkQuery(allowed: ["after", "limit"])
                let after: Int64? = try request.integer("after", in: 0...Int64.max)
                let limit = try request.integer("limit", in: 1...1_000) ?? 100
                return try await .json(ItemList(control.events(after: after, limit: limit)))
            },
            Route(.failovers) { request in
                try request.checkQuery(allowed: ["limit"])
                let limit = try request.integer("limit", in: 1...1_000) ?? 20
                return try await .json(ItemList(control.failovers(limit: limit)))
            },
            Route(.configuration) { _ in try await .json(control.configuration()) },
            Route(.setupStatus) { _ in try await .json(control.setupStatus()) },
            Route(.metrics) { _ in
                let text =
                    metricsText() + ClusterMetrics.text(try await control.status())
                    + ClusterMetrics.text(try await machinesIfSetUp())
                return RouteAnswer(
                    status: 200, contentType: "text/plain; version=0.0.4; charset=utf-8", body: Array(text.utf8))
            },
        ]
    }

    /// A node that is not set up protects nothing.
    private func machinesIfSetUp() async throws -> [Machine] {
        do { return try await control.machines() } catch let error as APIError where error.code == .notSetUp {
            return []
        }
    }

    private var operating: [Route] {
        let control = control
        return [
            Route(.switchMaster) { request in
                let target = try request.decoded(SwitchRequest.self).to
                if let job = try await request.job(control, .switchMaster(to: target)) { return job }
                return try await .json(control.switchMaster(to: target))
            },
            Route(.setup) { request in
                try await .json(control.setup(request.decoded(SetupRequest.self)), status: 202)
            },
            Route(.changeConfiguration) { request in
                try await .json(control.changeConfiguration(request.decoded(ConfigurationChange.self)))
            },
        ]
    }

    private var membership: [Route] {
        let control = control
        return [
            Route(.approve) { request in
                let code = try request.decoded(Approval.self).code
                if let job = try await request.job(control, .approve(request.node(), code: code)) { return job }
                try await control.approve(request.node(), code: code)
                return .done
            },
            Route(.reject) { request in
                try await control.reject(request.node())
                return .done
            },
            Route(.removeNode) { request in
                if let job = try await request.job(control, .removeNode(request.node())) { return job }
                try await control.removeNode(request.node())
                return .done
            },
            Route(.replaceNode) { request in
                let heir = try request.decoded(Replacement.self).by
                if let job = try await request.job(control, .replaceNode(request.node(), by: heir)) { return job }
                try await control.replaceNode(request.node(), by: heir)
                return .done
            },
        ]
    }

    private var tokens: [Route] {
        let control = control
        return [
            Route(.createToken) { request in
                let wish = try request.decoded(JoinTokenRequest.self).completed
                return try await .json(control.createToken(wish), status: 201)
            },
            Route(.tokens) { _ in try await .json(ItemList(control.tokens())) },
            Route(.revokeToken) { request in
                try await control.revokeToken(request.id)
                return .done
            },
            Route(.createUserToken) { request in
                try await .json(control.createUserToken(request.decoded(UserTokenRequest.self)), status: 201)
            },
            Route(.userTokens) { _ in try await .json(ItemList(control.userTokens())) },
            Route(.revokeUserToken) { request in
                try await control.revokeUserToken(request.id)
                return .done
            },
        ]
    }

    private var node: [Route] {
        let control = control
        return [
            Route(.heartbeat) { request in
                let report = try request.decoded(NodeReport.self)
                return try await .json(control.nodeHeartbeat(report, from: try peer()))
            },
            Route(.renewCertificate) { request in
                let wish = try request.decoded(CertificateRequest.self)
                return try await .json(control.renewCertificate(wish, for: try peer()))
            },
        ]
    }
}

/// The member that asks; the gate lets nobody else come here.
func peer() throws(APIError) -> NodeID {
    guard case .node(let node) = Caller.current else {
        throw APIError(.forbidden, ["needed": "node", "caller": Caller.current.description, "role": "none"])
    }
    return node
}

extension RouteRequest {
    /// The node named in the path.
    func node() throws(APIError) -> NodeID {
        guard let node = NodeID(id) else { throw APIError(.unknownNode, ["node": id]) }
        return node
    }
}
