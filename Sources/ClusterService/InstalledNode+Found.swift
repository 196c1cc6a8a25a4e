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
import SetupCore

extension InstalledNode {
    /// Founds a cluster of one with the identity that the node has already. Nothing is lost when it is broken off: until
    /// the membership is written the node is in setup, with its draft and the same certificate.
    func found(_ request: FoundCluster, administrator: Person?, rack: RackMode?) async throws {
        enter(.identity)
        try reached(.begun)
        let profile = try await chooseProfile(request.profile ?? .auto)
        var document = founding(request, rack: rack, profile: profile)
        document.administrator = administrator
        let web = try identity.authority.issueWeb(
            names: [request.name], addresses: request.vip.map(\.address), at: .now)
        try WebIdentityFile(path: configuration.webIdentityPath).write(web)
        document.web = web
        try write(document)
        try reached(.documentWritten)
        try desk.founded(at: .now)
        try reached(.sessionsShortened)
        let (node, trust) = (identity.node.node, identity.authority.trust)
        try await become(
            LocalMembership(
                clusterName: request.name, clusterToken: "keelson-\(trust.fingerprint.short)", node: node,
                role: .voter, foundsCluster: true,
                voters: [.init(node: node, name: configuration.name, address: configuration.address.address)],
                virtualAddresses: request.vip, raft: LocalMembership.RaftTiming(profile.raft), generation: 1))
    }

    private func founding(_ request: FoundCluster, rack: RackMode?, profile: Profile) -> FoundingDocument {
        FoundingDocument(
            settings: ClusterConfiguration(
                vip: request.vip, gateway: request.gateway, profile: request.profile ?? .auto, dns: request.dns,
                ntp: request.ntp, timeZone: request.timeZone, language: request.language),
            profile: ActiveProfile(active: ProfileChoice(profile), reason: nil),
            founder: NodeRecord(
                id: identity.node.node, name: configuration.name, address: configuration.address.address,
                wish: .voter, assigned: .voter, joined: .now),
            license: request.license, approved: desk.document.approved, rack: rack)
    }

    static func administrator(_ user: FirstUser) async throws -> Person {
        try await BlockingWork.run {
            try FirstAdministrator(user, at: .now, random: RandomBytes.make(FirstAdministrator.randomSize)).record
        }
    }

    private func write(_ document: FoundingDocument) throws {
        try DurableFile.replace(
            configuration.foundingPath, with: try JSONDocument.encode(document), mode: 0o600)
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
