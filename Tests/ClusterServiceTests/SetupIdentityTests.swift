import Logging
import NIOConcurrencyHelpers
import ConfigurationCore
import Foundation
import Identity
import JoinCore
import MembershipCore
import Primitives
import Testing

@testable import ClusterService

@Suite("Identity of a node before its cluster")
struct SetupIdentityTests {
    @Test("Made at the first start, the same at every later one")
    func once() throws {
        let machine = try SetupNode()
        let first = try machine.boot().identity
        let second = try machine.boot().identity
        #expect(first.node.certificate.fingerprint == second.node.certificate.fingerprint)
        #expect(first.authority.trust.fingerprint == second.authority.trust.fingerprint)
        let names = try first.node.certificate.names()
        #expect(names.contains("n1") && names.contains("10.77.0.11"))
        #expect(try machine.mode("identity/ca.key") == 0o600)
        #expect(first.node.certificate.fingerprint.split(separator: ":").count == 32)
    }

    @Test("Another address or name needs another certificate of the same CA's key holder")
    func moved() throws {
        let machine = try SetupNode()
        let before = try machine.boot().identity
        var moved = machine.configuration
        moved.address = try #require(Subnet("10.77.0.99/24"))
        let after = try InstalledNode(configuration: moved, probes: machine.probes, logger: .init(label: "test"))
            .identity
        #expect(before.node.node == after.node.node)
        #expect(try after.node.certificate.names().contains("10.77.0.99"))
    }

    @Test("What a broken-off start left behind is made whole", arguments: ["ca.crt", "ca.key", "node.crt"])
    func brokenOff(missing: String) throws {
        let machine = try SetupNode()
        let before = try machine.boot().identity
        try FileManager.default.removeItem(atPath: machine.configuration.identityDirectory + "/" + missing)
        let after = try machine.boot().identity
        #expect(before.node.node == after.node.node)
        let loaded = try IdentityFolder(path: machine.configuration.identityDirectory).load()
        #expect(loaded.certificate == after.node.certificate)
        #expect(loaded.trust.fingerprint == after.authority.trust.fingerprint)
    }

    @Test("Joining throws the own CA away and leaves nothing of a cluster of its own")
    func joined() async throws {
        let (founder, joiner) = (try SetupNode(1), try SetupNode(2))
        let (first, second) = (try founder.boot(), try joiner.boot())
        try await SetupNode.fill(second)
        let membership = try await Self.join(second, to: first)
        #expect(try joiner.membership == membership)
        #expect(!joiner.exists("identity/ca.key") && !joiner.exists("setup/draft.json"))
        #expect(!joiner.exists("setup/code") && !joiner.exists("founding.json"))
        let identity = try IdentityFolder(path: joiner.configuration.identityDirectory).load()
        #expect(identity.trust.fingerprint == first.identity.authority.trust.fingerprint)
    }

    @Test("Joining that is broken off before the membership begins again with a CA of its own")
    func brokenJoin() async throws {
        let (founder, joiner) = (try SetupNode(1), try SetupNode(2))
        let first = try founder.boot()
        let second = try joiner.boot(cutAt: .progressSaved)
        let node = second.identity.node.node
        _ = try await Self.join(second, to: first)
        #expect(try joiner.membership == nil)
        let again = try joiner.boot()
        #expect(again.identity.node.node == node)
        #expect(again.identity.authority.trust.fingerprint != first.identity.authority.trust.fingerprint)
        #expect(again.identity.node.trust.fingerprint == again.identity.authority.trust.fingerprint)
    }

    /// The last step of a join, with a certificate of the other's CA.
    private static func join(_ node: InstalledNode, to founder: InstalledNode) async throws -> LocalMembership {
        let authority = founder.identity.authority
        let certificate = try authority.issue(
            to: ProvenPublicKey(node.identity.node.key), name: "n2", addresses: [], at: .now)
        let membership = LocalMembership(
            clusterName: "demo", clusterToken: "t", node: node.identity.node.node, role: .voter, foundsCluster: false,
            voters: [], virtualAddresses: [], raft: .init(heartbeatMilliseconds: 50, electionMilliseconds: 500),
            generation: 1)
        node.state.withLockedValue { $0.progress = .begin(.identity, at: Instant(nanoseconds: 0)) }
        do { try await node.take(certificate, trust: authority.trust, membership) } catch {
            // No supervisor listens here, and a test may cut the power: what is on the disk counts.
        }
        return membership
    }
}
