import APIProtocol
import MembershipCore
import Primitives
import Texts

/// What an administrator keeps away from the cluster, to bring it back: facts and instructions, no secrets.
public struct RecoveryKit: Sendable {
    public struct Node: Sendable {
        let name: String
        let address: IPAddress
        let role: LocalMembership.Role
        let id: NodeID

        public init(name: String, address: IPAddress, role: LocalMembership.Role, id: NodeID) {
            self.name = name
            self.address = address
            self.role = role
            self.id = id
        }
    }

    let clusterName: String
    let clusterID: String
    let settings: ClusterConfiguration
    let nodes: [Node]
    let generation: UInt64
    let epoch: String
    let authorityPEM: String
    let authorityFingerprint: String
    let made: Timestamp

    public init(
        clusterName: String, clusterID: String, settings: ClusterConfiguration, nodes: [Node], generation: UInt64,
        epoch: String, authorityPEM: String, authorityFingerprint: String, made: Timestamp
    ) {
        self.clusterName = clusterName
        self.clusterID = clusterID
        self.settings = settings
        self.nodes = nodes
        self.generation = generation
        self.epoch = epoch
        self.authorityPEM = authorityPEM
        self.authorityFingerprint = authorityFingerprint
        self.made = made
    }

    /// Plain text, lines ended by a line feed.
    public func text(in language: Language) -> String {
        func say(_ key: String, _ parameters: [String: String] = [:]) -> String {
            Catalogue.sentence("kit.\(key)", parameters, language) ?? key
        }
        let vip = settings.vip.map(\.description).joined(separator: ", ")
        var lines = [
            say("title", ["name": clusterName]), "", say("intro", ["time": "\(made)"]), "",
            say("id", ["id": clusterID]), say("vip", ["addresses": vip]),
        ]
        if let gateway = settings.gateway { lines.append(say("gateway", ["gateway": "\(gateway)"])) }
        lines += [say("epoch", ["generation": "\(generation)", "epoch": epoch]), "", say("nodes")]
        lines += nodes.map { node in
            let role = Catalogue.sentence("role.\(node.role.rawValue)", [:], language) ?? node.role.rawValue
            return "  \(node.name)  \(node.address)  \(role)  \(node.id)"
        }
        lines += ["", say("use"), ""]
        lines += [say("oneLost"), "", say("majorityLost", ["name": clusterName]), "", say("afterwards"), ""]
        lines += [say("authority"), say("fingerprint", ["fingerprint": authorityFingerprint]), authorityPEM]
        return lines.joined(separator: "\n")
    }
}
