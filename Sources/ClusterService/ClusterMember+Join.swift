import APIProtocol
import Foundation
import Identity
import JoinCore
import Linux
import MembershipCore
import NIOConcurrencyHelpers
import Primitives
import SetupCore

/// How a node becomes a member, on the master's side. The node asks again until it is told its place.
extension ClusterMember {
    func admit(_ request: JoinRequest) async throws -> JoinAnswer {
        let epoch = try requireMastership()
        let key: ProvenPublicKey
        do { key = try ProvenPublicKey(certificateRequest: request.csr) } catch {
            throw APIError(.malformedCertificateRequest, field: "csr", ["reason": "\(error)"])
        }
        let code = ComparisonCode(ca: identity.trust.fingerprint, publicKeyDER: key.der).description
        if let known = try await store.get(NodeRecord.self, at: ClusterKeys.node(key.node)) {
            try checkIdentity(of: known.value, against: request)
            return try await place(known.value, key: key, code: code, by: epoch)
        }
        try await checkUniqueness(of: request)
        return try await admit(request, key: key, code: code, by: epoch)
    }

    /// A node that the cluster does not know yet.
    private func admit(
        _ asked: JoinRequest, key: ProvenPublicKey, code: String, by epoch: Epoch
    ) async throws -> JoinAnswer {
        let offset = ClockSkew.offset(sentAt: asked.sentAt, receivedAt: .now)
        var request = asked
        request.sentAt = nil
        let pending = try await store.get(PendingRecord.self, at: ClusterKeys.pending(key.node))
        let token: Stored<StoredJoinToken>?
        if let text = request.token { token = try await checkToken(text) } else { token = nil }
        if token == nil, let rejected = pending?.value.rejected, Timestamp.now < rejected.adding(Self.rejectionHolds) {
            throw APIError(.joinRejected)
        }
        if let offset {
            try await keepWaiting(request, key.node, code: code, offset: offset, known: pending, by: epoch)
            throw ClockSkew.error(of: request.name, offset: offset)
        }
        if let token { return try await accept(request, key: key, code: code, by: .token(token), epoch) }
        if pending?.value.isApproved == true {
            return try await accept(request, key: key, code: code, by: .approval, epoch)
        }
        if let rack = try await store.get(RackMode.self, at: ClusterKeys.rack), rack.value.isOpen(at: .now) {
            return try await accept(request, key: key, code: code, by: .rack(rack), epoch)
        }
        try await keepWaiting(request, key.node, code: code, offset: nil, known: pending, by: epoch)
        return JoinAnswer(pending: JoinPending(code: code))
    }

    /// Writes only what is new: the node asks three times a second.
    private func keepWaiting(
        _ request: JoinRequest, _ id: NodeID, code: String, offset: Double?, known: Stored<PendingRecord>?,
        by epoch: Epoch
    ) async throws {
        let isNew = known?.value.request != request || known?.value.rejected != nil
        let isNear =
            (known?.value.clockOffsetMilliseconds == nil) == (offset == nil)
            && abs((known?.value.clockOffsetMilliseconds ?? 0) - (offset ?? 0)) < 1_000
        guard isNew || !isNear else { return }
        try await makeRoom()
        let wasApproved = known.map { $0.value.isApproved && $0.value.rejected == nil } ?? false
        var record = PendingRecord(request: request, code: code, since: .now, isApproved: wasApproved)
        if !isNew, let known { record = known.value }
        record.clockOffsetMilliseconds = offset
        try await store.change([.put(record, at: ClusterKeys.pending(id))], by: epoch)
        if isNew { journal.record(.nodeWaiting, about: id, ["other": request.name]) }
    }

    /// Anybody on the network may ask: the number of those that wait is bounded, and the oldest expire.
    private func makeRoom() async throws {
        let waiting = try await store.list(PendingRecord.self, under: ClusterKeys.pending)
        let expired = waiting.filter { $0.value.since.adding(.seconds(86_400)) < .now }
        for record in expired { try await store.change([.delete(record.key)], by: try requireMastership()) }
        guard waiting.count - expired.count < Self.mostWaiting else { throw APIError(.tooManyWaiting) }
    }

    /// So long a rejected node is told no.
    private static let rejectionHolds = Span.seconds(600)

    /// Nodes that wait for approval at one time.
    private static let mostWaiting = 64

    /// A machine that was imaged from another has its key: two such must never both be members.
    private func checkIdentity(of known: NodeRecord, against request: JoinRequest) throws {
        guard known.address == request.address else {
            throw APIError(.duplicateIdentity, ["node": known.name])
        }
    }

    private func checkUniqueness(of request: JoinRequest) async throws {
        for other in try await store.list(NodeRecord.self, under: ClusterKeys.nodes).map(\.value) {
            if other.address == request.address {
                throw APIError(
                    .duplicateAddress, field: "address", ["node": other.name, "address": "\(other.address)"])
            }
            if other.name == request.name {
                throw APIError(.duplicateName, field: "name", ["name": other.name])
            }
        }
        if currentSettings.vip.contains(where: { $0.address == request.address }) {
            throw APIError(
                .vipIsNodeAddress, field: "address", ["address": "\(request.address)", "node": request.name])
        }
    }

    private func checkToken(_ text: String) async throws -> Stored<StoredJoinToken> {
        let token: JoinToken
        do { token = try JoinToken(parsing: text) } catch {
            throw APIError(.joinTokenMalformed, field: "token", ["reason": "\(error)"])
        }
        let stored = try await store.get(StoredJoinToken.self, at: ClusterKeys.joinToken(token.id))
        do {
            let checked = try StoredJoinToken.check(
                token, against: stored?.value, clusterCA: identity.trust.fingerprint, at: .now)
            precondition(stored?.value == checked, "the check returned another token")
        } catch {
            throw APIError(refusal: error)
        }
        guard let stored else { throw APIError(.joinTokenUnknown) }
        return stored
    }

    /// Why a node is taken in.
    private enum Entitlement {
        case approval
        case token(Stored<StoredJoinToken>)
        case rack(Stored<RackMode>)
    }

    private func accept(
        _ request: JoinRequest, key: ProvenPublicKey, code: String, by entitlement: Entitlement, _ epoch: Epoch
    ) async throws -> JoinAnswer {
        try await requireRoomForNode()
        var record = NodeRecord(
            id: key.node, name: request.name, address: request.address, wish: request.role, assigned: .spare,
            joined: .now)
        var changes: [Change] = [.delete(ClusterKeys.pending(record.id))]
        var conditions: [Condition] = [.absent(ClusterKeys.node(record.id))]
        switch entitlement {
        case .approval: break
        case .token(let token):
            record.wish = token.value.role
            changes.append(.put(token.value.spent(), at: token.key))
            conditions.append(.unchanged(token.key, token.modified))
        case .rack(let rack):
            let left = rack.value.spent()
            changes.append(left.nodes > 0 ? .put(left, at: rack.key) : .delete(rack.key))
            conditions.append(.unchanged(rack.key, rack.modified))
        }
        changes.append(.put(record, at: ClusterKeys.node(record.id)))
        // An approval has its job already.
        var job: StoredJob?
        if case .approval = entitlement {} else { job = newJob(.join, node: record.id, subject: record.id) }
        if let job { changes.append(.put(job, at: ClusterKeys.job(job.job.id))) }
        do {
            try await store.change(changes, if: conditions, by: epoch)
        } catch is ConditionFailed {
            // Another node was faster with the same token or place; this one asks again.
            return JoinAnswer(pending: JoinPending(code: code))
        }
        if let job { follow(job) }
        journal.record(.nodeAccepted, about: record.id, ["other": record.name, "role": record.wish.rawValue])
        try await refreshView()
        return try await place(record, key: key, code: code, by: epoch)
    }

    /// Accepted; its place is known once it is a learner, or once nobody is added any more and it is a spare.
    private func place(
        _ record: NodeRecord, key: ProvenPublicKey, code: String, by epoch: Epoch
    ) async throws -> JoinAnswer {
        book.withLockedValue { $0.expect(record.id, at: BootClock.now) }
        let nodes = view.withLockedValue { $0.nodes }
        let members = try await store.members()
        let step = VoterPlan.next(
            nodes: planNodes(nodes), members: planMembers(members, nodes: nodes), master: node)
        guard record.assigned != .spare || step == .settled else {
            return JoinAnswer(pending: JoinPending(code: code))
        }
        let certificate = try await signer().issue(
            to: key, name: record.name, addresses: [record.address], at: .now)
        return JoinAnswer(
            accepted: JoinAccepted(
                certificate: certificate.pem, authority: identity.trust.pem,
                membership: joinerMembership(record, voters: members.compactMap { $0.peer(among: nodes) })))
    }

    private func joinerMembership(_ record: NodeRecord, voters: [LocalMembership.Peer]) -> LocalMembership {
        var membership = membership.withLockedValue { $0 }
        membership.node = record.id
        membership.role = record.assigned
        membership.foundsCluster = false
        membership.voters = voters
        membership.virtualAddresses = currentSettings.vip
        membership.generation = mastership.snapshot.highest.generation
        return membership
    }

    var currentSettings: ClusterConfiguration {
        view.withLockedValue { $0.settings }
            ?? ClusterConfiguration(vip: membership.withLockedValue { $0.virtualAddresses }, profile: .auto)
    }

    /// The CA with its private key, from the store: every master signs.
    func signer() async throws -> CertificateAuthority {
        guard let stored = try await store.get(StoredAuthority.self, at: ClusterKeys.authority) else {
            throw APIError(.internalError, ["reason": "the cluster's store holds no certificate authority"])
        }
        return try CertificateAuthority(certificatePEM: stored.value.certificate, keyPEM: stored.value.key)
    }
}

/// The cluster's CA as the store keeps it.
struct StoredAuthority: Codable, Sendable {
    let certificate: String
    let key: String
}

extension APIError {
    init(refusal: JoinRefusal) {
        switch refusal {
        case .unknown: self.init(.joinTokenUnknown, field: "token")
        case .expired(_, let at): self.init(.joinTokenExpired, field: "token", ["time": "\(at)"])
        case .usedUp: self.init(.joinTokenUsedUp, field: "token")
        case .revoked: self.init(.joinTokenRevoked, field: "token")
        case .otherCluster(let token, let cluster):
            self.init(.wrongAuthority, field: "token", ["expected": token.short, "found": cluster.short])
        }
    }
}
