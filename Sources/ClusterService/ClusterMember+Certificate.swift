import APIProtocol
import ConfigurationCore
import Identity
import JoinCore
import Logging
import NIOConcurrencyHelpers
import Primitives

/// Certificates live 90 days and are renewed by themselves. They stand for the node, not for the virtual addresses.
extension ClusterMember {
    /// Returns when a new certificate is in its place: the daemon starts again with it, a master after handing over.
    func renewCertificateWhenDue() async {
        while await Pause.survived(.seconds(30)) {
            do {
                guard identity.certificate.needsRenewal(at: .now), await waitForTurn(), try await renewCertificate()
                else { continue }
                journal.record(.certificateRenewed)
                return
            } catch {
                logger.warning("the certificate is not renewed yet", metadata: ["error": "\(error)"])
            }
        }
    }

    /// The daemons start again one by one, the master after the others.
    private func waitForTurn() async -> Bool {
        let share = Span.seconds(60)
        var random = SystemRandomNumberGenerator()
        let wait = Span(nanoseconds: Int64.random(in: 0..<share.nanoseconds, using: &random))
        return await Pause.survived(knownMaster == node ? wait + share : wait)
    }

    /// - Returns: false while there is no master to sign.
    private func renewCertificate() async throws -> Bool {
        guard let master = knownMaster, let record = view.withLockedValue({ $0.node(master) }) else { return false }
        let request = CertificateRequest(csr: try identity.key.certificateRequest())
        let answer =
            master == node
            ? try await renewCertificate(request, for: node)
            : try await peers.renewCertificate(request, at: record.address)
        let certificate = try NodeCertificate(pem: answer.certificate)
        try IdentityFolder(path: configuration.identityDirectory).install(certificate, trust: identity.trust)
        return true
    }
}
