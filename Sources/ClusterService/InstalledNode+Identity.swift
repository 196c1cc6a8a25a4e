import ConfigurationCore
import Identity
import JoinCore
import Logging
import MembershipCore
import Primitives

/// What a node is before it belongs to a cluster: its key, a CA of its own, and a certificate of that CA. Founding makes
/// this CA the cluster's; joining another cluster throws it away.
struct OwnIdentity: Sendable {
    let node: NodeIdentity
    let authority: CertificateAuthority

    /// What is there and good stays; what is missing, or left by a founding or joining that was broken off, is made anew.
    /// - Throws: `IdentityError` for a key that cannot be read (it is never replaced), `SystemError`.
    static func prepare(
        in folder: IdentityFolder, for configuration: NodeConfiguration, at now: WallTime, logger: Logger
    ) throws -> OwnIdentity {
        let key = try folder.loadOrCreateKey()
        if let kept = load(folder, key: key, configuration, at: now, logger: logger) { return kept }
        // In this order a power cut leaves no key beside another CA's certificate.
        try folder.removeAuthorityKey()
        let authority = try CertificateAuthority(clusterName: configuration.name, at: now)
        try folder.install(authority)
        let certificate = try authority.issue(
            to: ProvenPublicKey(key), name: configuration.name, addresses: [configuration.address.address], at: now)
        try folder.install(certificate, trust: authority.trust)
        return OwnIdentity(
            node: try NodeIdentity(key: key, certificate: certificate, trust: authority.trust), authority: authority)
    }

    /// - Returns: nil when it is not whole, or not of this node's present name and address, or old.
    private static func load(
        _ folder: IdentityFolder, key: NodeKey, _ configuration: NodeConfiguration, at now: WallTime, logger: Logger
    ) -> OwnIdentity? {
        do {
            guard let authority = try folder.loadAuthority() else { return nil }
            let node = try folder.load()
            let names = try node.certificate.names()
            guard node.node == key.node, now >= node.certificate.validFrom, !node.certificate.needsRenewal(at: now),
                names.contains(configuration.name), names.contains("\(configuration.address.address)")
            else { return nil }
            return OwnIdentity(node: node, authority: authority)
        } catch {
            logger.notice("the node's own CA is made anew", metadata: ["reason": "\(error)"])
            return nil
        }
    }
}
