import AccessCore
import APIProtocol
import ConfigurationCore
import Foundation
import Identity
import Linux
import Logging
import Primitives

/// What the founder knows before there is a store: kept in a file until its first mastership puts it there.
struct FoundingDocument: Codable, Sendable {
    var settings: ClusterConfiguration
    var profile: ActiveProfile
    var founder: NodeRecord
    /// Its text; nil: the trial begins.
    var license: String? = nil
    /// The first administrator, made by `FirstAdministrator`.
    var administrator: Person? = nil
}

extension FoundingDocument {
    fileprivate var licenseChanges: [Change] {
        guard let license else { return [] }
        return [
            .put(StoredLicense(text: license, installed: .now, by: StoredLicense.founding), at: ClusterKeys.license)
        ]
    }
}

extension ClusterMember {
    private var foundingPath: String { configuration.data + "/founding.json" }

    /// Puts the settings, the CA and the founder itself into the store, once; the files go afterwards.
    func importFounding(in epoch: Epoch) async {
        repeat {
            do {
                guard let bytes = try DurableFile.read(foundingPath) else { return }
                let document = try JSONDecoder().decode(FoundingDocument.self, from: Data(bytes))
                guard let authority = try IdentityFolder(path: configuration.identityDirectory).loadAuthority() else {
                    throw APIError(.internalError, ["reason": "the founder's CA key is missing"])
                }
                let administrator: [Change] =
                    document.administrator.map { [.put($0, at: ClusterKeys.person($0.id))] } ?? []
                try await store.change(
                    document.licenseChanges + administrator + [
                        .put(document.settings, at: ClusterKeys.settings),
                        .put(document.profile, at: ClusterKeys.profile),
                        .put(document.founder, at: ClusterKeys.node(node)),
                        .put(
                            StoredAuthority(certificate: authority.trust.pem, key: authority.keyPEM),
                            at: ClusterKeys.authority),
                    ], by: epoch)
                try DurableFile.remove(foundingPath)
                try DurableFile.remove(IdentityFolder(path: configuration.identityDirectory).authorityKeyPath)
                try await refreshView()
                return
            } catch {
                logger.warning("the founding waits for the store", metadata: ["error": "\(error)"])
            }
        } while await Pause.survived(.milliseconds(200))
    }
}
