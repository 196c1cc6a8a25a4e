import APIProtocol
import ConfigurationCore
import Identity
import JoinCore
import Logging
import MembershipCore
import NIOConcurrencyHelpers
import Primitives

/// The certificate of the virtual address: the master issues it, every node keeps it for its console.
extension ClusterMember {
    /// As master: makes a new one when there is none, when it grows old or when the addresses change.
    func keepWebIdentity(in epoch: Epoch) async {
        repeat {
            do {
                let (settings, web) = (currentSettings, view.withLockedValue { $0.web })
                let addresses = settings.vip.map(\.address)
                if let web, try !web.needsRenewal(for: addresses, at: .now) { continue }
                let name = membership.withLockedValue { $0.clusterName }
                let fresh = try await signer().issueWeb(names: [name], addresses: addresses, at: .now)
                try await store.change([.put(fresh, at: ClusterKeys.web)], by: epoch)
                try await refreshView()
            } catch {
                logger.warning("the certificate of the virtual address waits", metadata: ["error": "\(error)"])
            }
        } while await Pause.survived(.seconds(30))
    }

    /// The console reads it from its file.
    func followWebIdentity() async throws {
        guard let web = view.withLockedValue({ $0.web }) else { return }
        let path = configuration.webIdentityPath
        try await BlockingWork.run { try WebIdentityFile(path: path).write(web) }
    }
}
