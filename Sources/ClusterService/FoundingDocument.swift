import AccessCore
import APIProtocol
import ConfigurationCore
import Foundation
import Identity
import Linux
import Logging
import Primitives
import SetupCore

/// What the founder knows before there is a store: kept in a file until its first mastership puts it there.
struct FoundingDocument: Codable, Sendable {
    var settings: ClusterConfiguration
    var profile: ActiveProfile
    var founder: NodeRecord
    var web: WebIdentity? = nil
    /// Its text; nil: the trial begins.
    var license: String? = nil
    /// The first administrator, made by `FirstAdministrator`.
    var administrator: Person? = nil
    /// The nodes that were approved before; they become members by themselves.
    var approved: [ApprovedJoin]?
    var rack: RackMode?

    /// What the store shall hold, the CA left out.
    var changes: [Change] {
        var changes: [Change] = [
            .put(settings, at: ClusterKeys.settings), .put(profile, at: ClusterKeys.profile),
            .put(founder, at: ClusterKeys.node(founder.id)),
        ]
        for node in approved ?? [] {
            changes.append(.put(PendingRecord(node), at: ClusterKeys.pending(node.id)))
        }
        if let license {
            let stored = StoredLicense(text: license, installed: .now, by: StoredLicense.founding)
            changes.append(.put(stored, at: ClusterKeys.license))
        }
        if let administrator { changes.append(.put(administrator, at: ClusterKeys.person(administrator.id))) }
        if let web { changes.append(.put(web, at: ClusterKeys.web)) }
        if let rack { changes.append(.put(rack, at: ClusterKeys.rack)) }
        return changes
    }
}

extension PendingRecord {
    init(_ node: ApprovedJoin) {
        self.init(request: node.request, code: node.code, since: node.since, isApproved: true)
    }
}

extension ClusterMember {
    /// Puts the settings, the CA and the founder itself into the store, once; the files go afterwards.
    func importFounding(in epoch: Epoch) async {
        repeat {
            do {
                try await importFoundingOnce(in: epoch)
                return
            } catch {
                logger.warning("the founding waits for the store", metadata: ["error": "\(error)"])
            }
        } while await Pause.survived(.milliseconds(200))
    }

    private func importFoundingOnce(in epoch: Epoch) async throws {
        let (path, folder) = (configuration.foundingPath, IdentityFolder(path: configuration.identityDirectory))
        if let bytes = try DurableFile.read(path) {
            let document = try JSONDecoder().decode(FoundingDocument.self, from: Data(bytes))
            guard let authority = try folder.loadAuthority() else {
                throw APIError(.internalError, ["reason": "the founder's CA key is missing"])
            }
            let stored = StoredAuthority(certificate: authority.trust.pem, key: authority.keyPEM)
            try await store.change(document.changes + [.put(stored, at: ClusterKeys.authority)], by: epoch)
            try DurableFile.remove(path)
        }
        // Also what a power cut in this place left behind.
        try folder.removeAuthorityKey()
        let files = SetupFiles(data: configuration.data)
        try files.remove(files.code, files.draft)
        try await refreshView()
    }
}
