import AccessCore
import APIProtocol
import ConfigurationCore
import Identity
import JoinCore
import Linux
import Logging
import MembershipCore
import Primitives
import ProfileCore

extension InstalledNode {
    /// Founds a cluster of one. Nothing is lost when it is broken off: the next try starts over with the same key.
    func found(_ request: FoundCluster) async throws {
        enter(.identity)
        let now = WallTime.now
        let key = try folder.loadOrCreateKey()
        let authority = try CertificateAuthority(clusterName: request.name, at: now)
        let certificate = try authority.issue(
            to: ProvenPublicKey(key), name: configuration.name,
            addresses: [configuration.address.address] + request.vip.map(\.address), at: now)
        try folder.install(authority)
        try folder.install(certificate, trust: authority.trust)
        let profile = try await chooseProfile(request.profile ?? .auto)
        var document = founding(request, node: key.node, profile: profile)
        if let user = request.administrator { document.administrator = try await Self.administrator(user) }
        try write(document)
        try await become(
            LocalMembership(
                clusterName: request.name, clusterToken: "keelson-\(authority.trust.fingerprint.short)", node: key.node,
                role: .voter, foundsCluster: true,
                voters: [.init(node: key.node, name: configuration.name, address: configuration.address.address)],
                virtualAddresses: request.vip, raft: LocalMembership.RaftTiming(profile.raft), generation: 1))
    }

    private func founding(_ request: FoundCluster, node: NodeID, profile: Profile) -> FoundingDocument {
        FoundingDocument(
            settings: ClusterConfiguration(
                vip: request.vip, gateway: request.gateway, profile: request.profile ?? .auto),
            profile: ActiveProfile(active: ProfileChoice(profile), reason: nil),
            founder: NodeRecord(
                id: node, name: configuration.name, address: configuration.address.address, wish: .voter,
                assigned: .voter, joined: .now), license: request.license)
    }

    private static func administrator(_ user: FirstUser) async throws -> Person {
        try await BlockingWork.run {
            try FirstAdministrator(user, at: .now, random: RandomBytes.make(FirstAdministrator.randomSize)).record
        }
    }

    private func write(_ document: FoundingDocument) throws {
        try DurableFile.replace(
            configuration.data + "/founding.json", with: try JSONDocument.encode(document), mode: 0o600)
    }

    /// With `auto`, what this machine's disk and scheduler hold; the network to the others is not known yet.
    private func chooseProfile(_ choice: ProfileChoice) async throws -> Profile {
        if let fixed = Profile(choice) { return fixed }
        let sync = try await SyncProbe.percentile99(of: 100, in: configuration.data)
        let late = try await WakeProbe.percentile999(of: 1_000)
        let probe = Probe(sync: sync, roundTrip: .zero, wakeUpDelay: late)
        let fitting = Profile.fitting(probe)
        logger.notice("probe: fsync p99 \(sync), wake-up delay p99.9 \(late): profile \(fitting.rawValue)")
        return fitting
    }
}

extension LocalMembership.RaftTiming {
    init(_ timing: RaftTiming) {
        self.init(
            heartbeatMilliseconds: Int(timing.heartbeat.milliseconds),
            electionMilliseconds: Int(timing.election.milliseconds))
    }
}
