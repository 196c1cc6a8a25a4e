import APIProtocol
import ConfigurationCore
import Identity
import JoinCore
import Linux
import Logging
import NIOConcurrencyHelpers
import Primitives
import SetupCore

/// Other nodes that ask to join while this one is being set up as the first of a cluster.
extension InstalledNode {
    func authority() async throws -> AuthorityAnswer {
        guard !isJoining else { throw notSetUp }
        return AuthorityAnswer(authority: identity.authority.trust.pem)
    }

    /// Nobody gets a place before the cluster runs: even an approved node is told to wait.
    func joinRequest(_ request: JoinRequest) async throws -> JoinAnswer {
        guard desk.document.isBegun, !isJoining else { throw notSetUp }
        let key: ProvenPublicKey
        do { key = try ProvenPublicKey(certificateRequest: request.csr) } catch {
            throw APIError(.malformedCertificateRequest, field: "csr", ["reason": "\(error)"])
        }
        // Tokens are made by clusters.
        guard request.token == nil else { throw APIError(.joinTokenUnknown, field: "token") }
        try checkUniqueness(of: request, key.node)
        let code = ComparisonCode(ca: identity.authority.trust.fingerprint, publicKeyDER: key.der).description
        let now = Timestamp.now
        let offset = ClockSkew.offset(sentAt: request.sentAt, receivedAt: now)
        var asked = request
        asked.sentAt = nil
        if !desk.document.approved.contains(where: { $0.id == key.node }) {
            try waiting.withLockedValue { [asked] waiting in
                try waiting.heard(
                    asked, from: key.node, code: code, clockOffset: offset, since: now, at: BootClock.now)
            }
            if offset == nil { try admitByRack(asked, key.node, code: code, at: now) }
        }
        if let offset { throw ClockSkew.error(of: request.name, offset: offset) }
        return JoinAnswer(pending: JoinPending(code: code))
    }

    private var isJoining: Bool { state.withLockedValue { $0.isJoining } }

    private func admitByRack(_ request: JoinRequest, _ node: NodeID, code: String, at now: Timestamp) throws {
        let isAdmitted = try desk.change { document in
            guard document.rack?.isOpen(at: now) == true else { return false }
            document.admit(ApprovedJoin(id: node, request: request, code: code, since: now, wasCompared: false))
            return true
        }
        guard isAdmitted else { return }
        waiting.withLockedValue { $0.remove(node) }
        logger.notice("rack mode: \(request.name) joins as soon as the cluster runs")
    }

    private func checkUniqueness(of request: JoinRequest, _ node: NodeID) throws {
        for taken in takenNodes where taken.id != node {
            if taken.address == request.address {
                throw APIError(
                    .duplicateAddress, field: "address", ["node": taken.name, "address": "\(taken.address)"])
            }
            if taken.name == request.name { throw APIError(.duplicateName, field: "name", ["name": taken.name]) }
        }
        if (desk.document.network?.vip ?? []).contains(where: { $0.address == request.address }) {
            throw APIError(
                .vipIsNodeAddress, field: "address", ["address": "\(request.address)", "node": request.name])
        }
    }

    private var takenNodes: [(id: NodeID, name: String, address: IPAddress)] {
        [(identity.node.node, configuration.name, configuration.address.address)]
            + desk.document.approved.map { ($0.id, $0.request.name, $0.request.address) }
    }

    func pendingNodes() async throws -> [PendingNode] {
        waiting.withLockedValue { $0 }.waiting(at: BootClock.now).map { id, entry in
            PendingNode(
                id: id, name: entry.request.name, address: entry.request.address, role: entry.request.role,
                code: entry.code, since: entry.since, clockOffsetMilliseconds: entry.clockOffsetMilliseconds)
        }
    }

    func approve(_ node: NodeID, code: String) async throws {
        try requireIdle()
        guard let entry = waiting.withLockedValue({ $0.entry(node) }) else {
            throw APIError(.unknownNode, ["node": node.text])
        }
        guard entry.code == code else {
            throw APIError(.codeMismatch, field: "code", ["node": entry.request.name])
        }
        try desk.change { document in
            guard document.approved.count < WaitingNodes.most else { throw APIError(.tooManyWaiting) }
            document.approve(
                ApprovedJoin(id: node, request: entry.request, code: code, since: entry.since, wasCompared: true))
        }
        waiting.withLockedValue { $0.remove(node) }
    }

    /// Also takes an approval back, as long as there is no cluster.
    func reject(_ node: NodeID) async throws {
        let wasApproved = try desk.change { $0.withdraw(node) }
        let isWaiting = waiting.withLockedValue { waiting in
            waiting.reject(node, at: BootClock.now)
            return waiting.entry(node) != nil
        }
        guard wasApproved || isWaiting else { throw APIError(.unknownNode, ["node": node.text]) }
    }

    func rackMode() async throws -> RackMode {
        guard let mode = desk.document.rack, mode.isOpen(at: .now) else { return .closed }
        return mode
    }

    func changeRackMode(_ change: RackModeChange) async throws -> RackMode {
        try requireIdle()
        let mode = RackMode(change, at: .now)
        try desk.change { $0.setRack(mode) }
        return mode
    }
}
