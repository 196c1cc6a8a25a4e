import APIProtocol
import ConfigurationCore
import LicenseCore
import LicenseProtocol
import Linux
import Logging
import MembershipCore
import NIOConcurrencyHelpers
import Primitives

/// The cluster's license. It decides about additions and about nothing else.
extension ClusterMember {
    private var validator: LicenseLink { LicenseLink(path: configuration.licensedSocket) }

    /// Fresh where the store and the validator answer, else the last that is known.
    func license() async throws -> LicenseStatus {
        // Without a quorum nobody waits for the store.
        let readAt = view.withLockedValue { $0.readAt }
        if licenseMemory.withLockedValue({ $0.isRead }), readAt.map({ BootClock.now - $0 > .seconds(5) }) ?? true {
            return licenseStatus
        }
        do { return try await refreshLicense() } catch {
            guard licenseMemory.withLockedValue({ $0.isRead }) else { throw error }
            logger.debug("the license is as it was last read", metadata: ["error": "\(error)"])
            return licenseStatus
        }
    }

    func installLicense(_ text: String) async throws -> LicenseStatus {
        let epoch = try requireMastership()
        try await refreshView()
        let documents = try await store.licenseDocuments()
        licenseMemory.withLockedValue { $0.read(documents) }
        let judged = try await validator.judge(text, licenseFacts)
        if let refusal = judged.judgement.refusal { throw refusal }
        let stored = StoredLicense(text: text, installed: .now, by: "\(Caller.current)")
        try await store.change([.put(stored, at: ClusterKeys.license)], by: epoch)
        journal.record(
            .licenseInstalled,
            ["who": stored.by, "id": judged.license.id, "customer": judged.license.customer])
        return try await refreshLicense()
    }

    func removeLicense() async throws {
        let epoch = try requireMastership()
        guard try await store.get(StoredLicense.self, at: ClusterKeys.license) != nil else { return }
        try await store.change([.delete(ClusterKeys.license)], by: epoch)
        journal.record(.licenseRemoved, ["who": "\(Caller.current)"])
        try await refreshLicense()
    }

    func inspectLicense(_ text: String) async throws -> LicenseInspection {
        try await validator.judge(text, licenseFacts).inspection
    }

    func licenseRequest() async throws -> String {
        let status = try await license()
        let (memory, nodes) = (licenseMemory.withLockedValue { $0 }, view.withLockedValue { $0.nodes })
        let request = LicenseRequest(
            cluster: membership.withLockedValue { $0.clusterName },
            nodes: nodes.map { record in
                let own = record.id == node ? memory.ownPrint : nil
                return .init(name: record.name, hardware: own ?? memory.documents.prints[record.id])
            }, version: Product.version, at: .now, license: status.license?.id)
        return try request.text()
    }

    // MARK: what is known

    private var licenseFacts: LicenseState.Facts {
        let nodes = view.withLockedValue { $0.nodes.map(\.id) }
        return licenseMemory.withLockedValue { $0.facts(now: .now, nodes: nodes, own: node) }
    }

    private var licenseStatus: LicenseStatus {
        let facts = licenseFacts
        return licenseMemory.withLockedValue { $0.status(facts) }
    }

    /// Reads the store, and asks the validator. That it does not answer is no error: its last word holds.
    @discardableResult
    func refreshLicense() async throws -> LicenseStatus {
        let documents = try await store.licenseDocuments()
        licenseMemory.withLockedValue { $0.read(documents) }
        let knowsItself = licenseMemory.withLockedValue { $0.ownPrint != nil }
        if documents.license == nil || !knowsItself { await askForHardware() }
        if let text = documents.license?.text {
            do {
                let judged = try await validator.judge(text, licenseFacts)
                licenseMemory.withLockedValue { $0.heard(judged) }
            } catch {
                note(error, about: text)
            }
        }
        return licenseStatus
    }

    func askForHardware() async {
        do {
            let print = try await validator.hardware()
            licenseMemory.withLockedValue { $0.heard(print) }
        } catch {
            note(error, about: nil)
        }
    }

    private func note(_ error: any Error, about text: String?) {
        let told = error as? APIError ?? APIError(.validatorSilent)
        logger.debug("the license validator: \(error)")
        licenseMemory.withLockedValue { $0.failed(told, about: text) }
    }

    /// Asked where a node is about to become a member.
    /// - Throws: `licenseLimit` or `licenseInactive`.
    func requireRoomForNode() async throws {
        let status = try await license()
        let silent = planNodes(view.withLockedValue { $0.nodes }).count { $0.silentFor > Self.deadAfter }
        if let refusal = licenseMemory.withLockedValue({ $0.refusesNode(status, silent: silent) }) { throw refusal }
    }

    /// A node that is silent for longer may be replaced beyond the limit.
    private static let deadAfter = Span.seconds(60)
}
