import Identity
import ConfigurationCore
import AccessCore
import APIProtocol
import Linux
import Logging
import NIOConcurrencyHelpers
import Primitives
import SetupCore

/// The wizard's side of a node in setup.
extension InstalledNode {
    private var url: String { ClusterMember.url(configuration.address.address, port: configuration.apiPort) }
    private var fingerprint: String { identity.node.certificate.fingerprint }

    /// Said on the node itself, at its start and when there is a new code.
    func announceCode() {
        logger.notice("setup: open \(url), the code is \(desk.code), the certificate's SHA-256 \(fingerprint)")
    }

    func setupCode() async throws -> SetupCodeAnswer {
        SetupCodeAnswer(code: desk.code.description, url: url, fingerprint: fingerprint)
    }

    func openSetupSession(code: String) async throws -> SetupSession {
        switch try desk.enter(code) {
        case .right: return try desk.openSession(at: .now)
        case .wrong(let left): throw APIError(.setupCodeWrong, field: "code", ["left": "\(left)"])
        case .renewed:
            announceCode()
            throw APIError(.setupCodeRenewed, field: "code")
        }
    }

    func setupDraft() async throws -> SetupDraft { desk.document.draft(at: .now) }

    func changeSetupDraft(_ change: SetupDraftChange) async throws -> SetupDraft {
        try requireIdle()
        if let network = change.network {
            try AddressRules(subnet: configuration.address, nodes: takenAddresses, prefix: "network.")
                .check(network.vip, gateway: network.gateway)
        }
        try TimeZoneFile.check(change.cluster?.timeZone, "cluster.timeZone")
        try await checkLicense(change.license?.text, "license.text")
        let person = try await Self.person(change.administrator)
        return try desk.change { document in
            try document.apply(change, person: person)
            return document.draft(at: .now)
        }
    }

    /// Takes as long as a password's hash.
    private static func person(_ wanted: DraftAdministratorChange?) async throws -> Person? {
        guard let wanted, let password = wanted.password else { return nil }
        return try await administrator(FirstUser(name: wanted.name, password: password))
    }

    func checkNetwork(_ request: SetupChecksRequest) async throws -> SetupChecks {
        await checks(network: "", servers: "").run(request)
    }

    func startSetup() async throws -> SetupStatus {
        try requireIdle()
        let document = desk.document
        let founding = try document.foundCluster()
        try await start(isJoining: false) {
            try await self.checkLicense(founding.license, "license.text")
            try await self.checks(network: "network.", servers: "cluster.").require(
                SetupChecksRequest(
                    vip: founding.vip, gateway: founding.gateway, ntp: founding.ntp, dns: founding.dns))
            try self.desk.change { $0.started() }
        } then: {
            try await self.found(founding, administrator: document.administrator, rack: self.desk.document.rack)
        }
        return try await setupStatus()
    }

    func requireIdle() throws {
        guard !state.withLockedValue({ $0.isRunning }) else { throw APIError(.setupRunning) }
    }
}
