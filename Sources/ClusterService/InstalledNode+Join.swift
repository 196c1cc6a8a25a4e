import APIProtocol
import ConfigurationCore
import Identity
import JoinCore
import Linux
import Logging
import MembershipCore
import NIOConcurrencyHelpers
import NIOPosix
import Primitives

extension InstalledNode {
    private static let askAgain = Span.milliseconds(300)

    /// Asks a member until it gives this node its place. The CA is learned first and pinned: by the token's
    /// fingerprint, or by the six digits that a person compares.
    func join(_ request: JoinCluster) async throws {
        let port = request.port ?? configuration.apiPort
        let key = identity.node.key
        let trust = try await learnAuthority(of: request, port: port)
        enter(.approval)
        let code = ComparisonCode(ca: trust.fingerprint, publicKeyDER: key.publicKeyDER).description
        if request.token == nil { state.withLockedValue { $0.code = code } }
        let client = PeerClient(
            tls: try trust.clientTLS(), port: port, on: MultiThreadedEventLoopGroup.singleton)
        do {
            let accepted = try await ask(client, request, key: key)
            try await client.shutdown()
            try await settle(accepted, key: key, trust: trust)
        } catch {
            try await client.shutdown()
            throw error
        }
    }

    private func learnAuthority(of request: JoinCluster, port: Int) async throws -> ClusterTrust {
        let token: JoinToken?
        do { token = try request.token.map { try JoinToken(parsing: $0) } } catch {
            throw APIError(.joinTokenMalformed, field: "join.token", ["reason": "\(error)"])
        }
        let client = PeerClient(
            tls: ClusterTrust.uncheckedClientTLS(), port: port, on: MultiThreadedEventLoopGroup.singleton)
        let pem: String
        do {
            pem = try await client.authority(of: request.master).authority
            try await client.shutdown()
        } catch {
            try await client.shutdown()
            throw error
        }
        let trust = try ClusterTrust(pem: pem)
        if let token {
            do { try token.check(masterCA: trust.fingerprint) } catch {
                var refusal = APIError(refusal: error)
                refusal.field = "join.token"
                throw refusal
            }
        }
        return trust
    }

    private func ask(_ client: PeerClient, _ request: JoinCluster, key: NodeKey) async throws -> JoinAccepted {
        var wish = JoinRequest(
            csr: try key.certificateRequest(), name: configuration.name, address: configuration.address.address,
            token: request.token, role: request.role ?? .voter)
        while true {
            do {
                wish.sentAt = .now
                if let accepted = try await client.join(wish, at: request.master).accepted { return accepted }
                state.withLockedValue { $0.hint = nil }
            } catch let error as APIError where Self.isPassing(error) {
                logger.debug("the master is not ready for this node: \(error)")
                state.withLockedValue { $0.hint = error }
            }
            guard await Pause.survived(Self.askAgain) else { throw CancellationError() }
        }
    }

    /// A failover in the middle, a store that is just changing its members, a founder that is being set up or starts
    /// again as a member (its console says then that nobody is behind it), or a clock that is off on this node.
    static func isPassing(_ error: APIError) -> Bool {
        switch error.code {
        case .noMaster, .notMaster, .noQuorum, .storeUnavailable, .masterUnreachable, .learnerBusy, .staleEpoch,
            .timedOut, .unreachable, .notSetUp, .clockSkew:
            true
        default: false
        }
    }

    private func settle(_ accepted: JoinAccepted, key: NodeKey, trust: ClusterTrust) async throws {
        enter(.identity)
        let certificate = try NodeCertificate(pem: accepted.certificate)
        guard certificate.node == key.node else {
            throw APIError(
                .badAnswer,
                [
                    "target": "the cluster \(accepted.membership.clusterName)",
                    "reason": "the certificate is for another key",
                ])
        }
        try await take(certificate, trust: trust, accepted.membership)
    }

    /// The other cluster's CA takes the place of this node's own, and nothing is left of a cluster of its own. Broken
    /// off in the middle the node makes a new CA at its next start and is in setup again.
    func take(_ certificate: NodeCertificate, trust: ClusterTrust, _ membership: LocalMembership) async throws {
        try folder.removeAuthorityKey()
        try DurableFile.remove(configuration.foundingPath)
        try folder.install(certificate, trust: trust)
        try desk.clear()
        try await become(membership)
    }
}
