import SetupCore
import APIProtocol
import ConfigurationCore
import Identity
import Linux
import MembershipCore
import NIOConcurrencyHelpers
import Primitives
import ProfileCore

extension ClusterMember: ClusterControl {
    func setup(_ request: SetupRequest) async throws -> SetupStatus {
        throw APIError(.alreadySetUp, ["cluster": membership.withLockedValue { $0.clusterName }])
    }

    func setupStatus() async throws -> SetupStatus {
        let view = view.withLockedValue { $0 }
        let isReady = view.readAt != nil && isInPlace(view)
        return try SetupProgress.member(
            at: configuration, isReady: isReady,
            url: currentSettings.vip.first.map { Self.url($0.address, port: configuration.apiPort) })
    }

    /// A founder is in place once it serves as master, a joined node once it is what the master made it.
    private func isInPlace(_ view: ClusterView) -> Bool {
        guard let master = knownMaster, view.node(node) != nil else { return false }
        if master == node { return mastership.snapshot.isConfirmed && progress.withLockedValue { $0.heldEpoch } != nil }
        return true
    }

    func configuration() async throws -> ClusterConfiguration { currentSettings }

    func changeConfiguration(_ change: ConfigurationChange) async throws -> ClusterConfiguration {
        let epoch = try requireMastership()
        var settings = currentSettings
        try TimeZoneFile.check(change.timeZone, "timeZone")
        if let vip = change.vip {
            let checks = networkChecks(network: "", servers: "")
            try checks.rules.check(vip, gateway: change.gateway)
            let fresh = vip.filter { !settings.vip.contains($0) }
            try await checks.require(SetupChecksRequest(vip: fresh, gateway: change.gateway))
            settings.vip = vip
        }
        if let gateway = change.gateway { settings.gateway = gateway }
        if let profile = change.profile { settings.profile = profile }
        settings.dns = change.dns ?? settings.dns
        settings.ntp = change.ntp ?? settings.ntp
        settings.timeZone = change.timeZone ?? settings.timeZone
        settings.language = change.language ?? settings.language
        try await store.change([.put(settings, at: ClusterKeys.settings)], by: epoch)
        journal.record(.settingsChanged, ["who": "\(Caller.current)", "what": change.fields.joined(separator: ", ")])
        try await refreshView()
        if change.profile != nil { use(pace.step(.chosen(Profile(settings.profile)), at: BootClock.now)) }
        return settings
    }

    func nodeHeartbeat(_ report: NodeReport, from node: NodeID) async throws -> HeartbeatAnswer {
        let epoch = try requireMastership()
        guard let record = view.withLockedValue({ $0.node(node) }) else {
            throw APIError(.unknownNode, ["node": node.text])
        }
        // A disk that was copied: the same key reports from another machine.
        guard report.address == record.address else {
            let now = BootClock.now
            let isDue = progress.withLockedValue { progress in
                guard now >= progress.twinsDueAt else { return false }
                progress.twinsDueAt = now + .seconds(60)
                return true
            }
            if isDue { journal.record(.twins, about: node, ["other": record.name, "address": "\(report.address)"]) }
            throw APIError(.duplicateIdentity, ["node": record.name])
        }
        take(report, from: node)
        return HeartbeatAnswer(
            master: self.node, epoch: "\(epoch)", receivedAt: .now,
            raft: progress.withLockedValue { $0.raftTurn?.node == node ? $0.raftTurn?.timing : nil },
            locateSeconds: takeLocating(of: node))
    }

    func renewCertificate(_ request: CertificateRequest, for node: NodeID) async throws -> CertificateAnswer {
        _ = try requireMastership()
        guard let record = view.withLockedValue({ $0.node(node) }) else {
            throw APIError(.unknownNode, ["node": node.text])
        }
        let key: ProvenPublicKey
        do { key = try ProvenPublicKey(certificateRequest: request.csr) } catch {
            throw APIError(.malformedCertificateRequest, field: "csr", ["reason": "\(error)"])
        }
        guard key.node == node else {
            throw APIError(.forbidden, ["needed": "node \(key.node)", "caller": "node \(node)", "role": "node"])
        }
        let certificate = try await signer().issue(
            to: key, name: record.name, addresses: [record.address], at: .now)
        return CertificateAnswer(certificate: certificate.pem, authority: identity.trust.pem)
    }

    func joinRequest(_ request: JoinRequest) async throws -> JoinAnswer { try await admit(request) }

    func authority() async throws -> AuthorityAnswer { AuthorityAnswer(authority: identity.trust.pem) }
}
