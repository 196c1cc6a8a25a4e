import ConfigurationCore
import FoundationEssentials
import Glibc
import Identity
import JoinCore
import Linux
import MembershipCore
import Primitives
import SupervisorProtocol
import Synchronization
import Testing

@testable import SupervisorCore
@testable import SupervisorService

/// A member with a real etcd, in a network namespace of the calling thread, with the cluster's certificates.
struct MemberNode {
    let node: TestNode
    let id: NodeID

    static let isPossible = geteuid() == 0 && access("/usr/bin/etcdutl", X_OK) == 0

    /// Runs the body in a thread with an empty network of its own, where 10.77.0.11 is a local address.
    static func inOwnNetwork(_ body: @escaping @Sendable () throws -> Void) throws {
        let failure = Mutex<(any Error)?>(nil)
        let box = Box(failure)
        try OwnedThread("member") {
            do {
                try NetworkNamespace.unshare()
                for arguments in [
                    ["link", "set", "lo", "up"], ["address", "add", "10.77.0.11/24", "dev", "lo"],
                ] {
                    let outcome = try OneTask.run("/usr/bin/env", ["ip"] + arguments, folder: "/", limit: .seconds(10))
                    guard outcome.cause == .status(0) else { throw SupervisorError("ip: \(outcome.output)") }
                }
                try body()
            } catch {
                box.failure.withLock { $0 = error }
            }
        }.join()
        if let error = box.failure.withLock({ $0 }) { throw error }
    }

    private final class Box: Sendable {
        let failure: Mutex<(any Error)?>

        init(_ failure: consuming sending Mutex<(any Error)?>) { self.failure = failure }
    }

    init() throws {
        node = try TestNode()
        let files = NodeFiles(configuration: node.configuration)
        try DurableFile.makeFolder(node.configuration.data, mode: 0o700)
        let now = WallTime(Date())
        let authority = try CertificateAuthority(clusterName: "demo", at: now)
        let identity = IdentityFolder(path: node.configuration.identityDirectory)
        let key = try identity.loadOrCreateKey()
        let owner = ProvenPublicKey(key)
        id = owner.node
        let address = node.configuration.address.address
        try identity.install(
            try authority.issue(to: owner, name: "n1", addresses: [address], at: now), trust: authority.trust)
        try files.write(
            LocalMembership(
                clusterName: "demo", clusterToken: "demo", node: id, role: .voter, foundsCluster: true,
                voters: [.init(node: id, name: "n1", address: address)],
                virtualAddresses: [Subnet("10.77.0.50/24")!],
                raft: .init(heartbeatMilliseconds: 50, electionMilliseconds: 500), generation: 1))
    }

    var files: NodeFiles { NodeFiles(configuration: node.configuration) }

    /// etcd's own client with the node's certificate.
    @discardableResult func client(_ arguments: [String]) throws -> String {
        let configuration = node.configuration
        let identity = [
            "--endpoints=https://10.77.0.11:2379", "--cacert=\(configuration.authorityPath)",
            "--cert=\(configuration.nodeCertificatePath)", "--key=\(configuration.nodeKeyPath)",
            "--command-timeout=2s",
        ]
        let outcome = try OneTask.run("/usr/bin/etcdctl", arguments + identity, folder: "/", limit: .seconds(10))
        guard outcome.cause == .status(0) else { throw SupervisorError(outcome.output) }
        return outcome.output
    }

    /// Until etcd has a leader and answers.
    func waitForQuorum() throws {
        try node.wait(for: "etcd", .running)
        try eventually("etcd has a quorum") {
            do {
                try client(["get", "none"])
                return true
            } catch is SupervisorError { return false }
        }
    }
}
