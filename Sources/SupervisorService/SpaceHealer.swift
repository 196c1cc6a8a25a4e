import ConfigurationCore
import FoundationEssentials
import Linux
import Primitives
import SupervisorCore

/// Brings an etcd back that has used up its quota, by etcd's own client: a short process that costs nothing at rest.
/// Only the node of the raft leader works; the others find nothing to do.
public struct SpaceHealer {
    private let configuration: NodeConfiguration
    private let say: (String) -> Void

    /// The member's part of `etcdctl endpoint status --cluster -w json` (etcd 3.5).
    private struct Status: Decodable {
        struct Body: Decodable {
            struct Header: Decodable {
                let member: UInt64
                let revision: Int64

                enum CodingKeys: String, CodingKey {
                    case member = "member_id"
                    case revision
                }
            }
            let header: Header
            let dbSize: Int
            let dbSizeInUse: Int?
            let leader: UInt64
        }
        let endpoint: String
        let status: Body

        enum CodingKeys: String, CodingKey {
            case endpoint = "Endpoint"
            case status = "Status"
        }
    }

    /// - Parameter say: takes one sentence a step.
    public init(_ configuration: NodeConfiguration, say: @escaping (String) -> Void) {
        self.configuration = configuration
        self.say = say
    }

    /// - Throws: `SystemError` or `SupervisorError`; every step can be repeated.
    public func run() throws {
        let local = try statuses(["--endpoints=\(ownEndpoint)"])
        guard let own = local.first, own.status.leader == own.status.header.member else {
            return say("another node's etcd leads and heals itself")
        }
        let hasAlarm = try client(["alarm", "list", "--endpoints=\(ownEndpoint)"], seconds: 5).contains("NOSPACE")
        let all = try statuses(["--endpoints=\(ownEndpoint)", "--cluster"])
        let members = all.map { member in
            SpaceHealing.Member(
                endpoint: member.endpoint, isLeader: member.status.header.member == member.status.leader,
                databaseBytes: member.status.dbSize, usedBytes: member.status.dbSizeInUse ?? 0)
        }
        let revision = all.map(\.status.header.revision).max() ?? 1
        for step in SpaceHealing.steps(hasAlarm: hasAlarm, members: members, revision: revision) { try take(step) }
    }

    private var ownEndpoint: String { EtcdCommand.clientURL(configuration) }

    private func take(_ step: SpaceHealing.Step) throws {
        switch step {
        case .compact(let revision):
            say("compacting etcd up to revision \(revision)")
            do {
                _ = try client(["compact", "\(revision)", "--endpoints=\(ownEndpoint)"], seconds: 30)
            } catch let error as SupervisorError where error.description.contains("has been compacted") {
                say("etcd is compacted already")
            }
        case .defragment(let endpoint):
            say("defragmenting \(endpoint)")
            _ = try client(["defrag", "--endpoints=\(endpoint)"], seconds: 120)
        case .disarm:
            say("disarming the alarm")
            _ = try client(["alarm", "disarm", "--endpoints=\(ownEndpoint)"], seconds: 10)
        }
    }

    private func statuses(_ arguments: [String]) throws -> [Status] {
        let output = try client(["endpoint", "status", "--write-out=json"] + arguments, seconds: 10)
        // Warnings about members that do not answer stand in lines of their own.
        guard let line = output.split(separator: "\n").last(where: { $0.hasPrefix("[") }) else {
            throw SupervisorError("etcdctl endpoint status answers without JSON: \(output.prefix(200))")
        }
        return try JSONDecoder().decode([Status].self, from: Data(line.utf8))
    }

    private func client(_ arguments: [String], seconds: Int64) throws -> String {
        let identity = [
            "--cacert=\(configuration.authorityPath)", "--cert=\(configuration.nodeCertificatePath)",
            "--key=\(configuration.nodeKeyPath)", "--command-timeout=\(seconds)s",
        ]
        let outcome = try OneTask.run(
            configuration.etcd + "ctl", arguments + identity, folder: configuration.run, limit: .seconds(seconds + 5))
        guard outcome.cause == .status(0) else {
            throw SupervisorError("etcdctl \(arguments[0]) \(outcome.cause): \(outcome.output.prefix(500))")
        }
        return outcome.output
    }
}
