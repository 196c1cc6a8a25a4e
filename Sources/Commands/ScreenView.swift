import APIProtocol
import MembershipCore
import Primitives
import Texts

/// What a node's own screen shows: a pure function of what its daemons say, for a terminal of 80 columns and 24 rows.
struct ScreenView {
    /// What is known about the node.
    enum State {
        /// No daemon answers; the reason for people.
        case starting(String)
        case installed(SetupCodeAnswer, SetupStatus)
        case joining(ClusterStatus, SetupStatus)
        case member(ClusterStatus)
    }

    static let columns = 80

    let state: State
    let session: Session

    var lines: [String] {
        let (title, body) = content
        let rule = String(repeating: "=", count: Self.columns)
        let name = "  Keelson \(KeelsonVersion.text)"
        return [rule, name, rule, "", "  " + title, ""] + body.map { $0.isEmpty ? "" : "  " + $0 }
    }

    /// The state in a few words, and what a person standing here may want to know or do.
    private var content: (title: String, body: [String]) {
        switch state {
        case .starting(let reason): (text("screen.starting"), [reason])
        case .installed(let answer, let setup): (text("screen.setup", ["url": answer.url]), installed(answer, setup))
        case .joining(let status, let setup): (joiningTitle(setup), joining(status, setup))
        case .member(let status): (text(isWhole(status) ? "screen.member" : "screen.degraded"), member(status))
        }
    }

    private func installed(_ answer: SetupCodeAnswer, _ setup: SetupStatus) -> [String] {
        let lines = [
            text("screen.code", ["code": answer.code]), "", text("screen.compare"),
            // 32 bytes in hexadecimal with colons do not fit into one line.
            String(answer.fingerprint.prefix(48)), String(answer.fingerprint.dropFirst(48)),
        ]
        return lines + failure(setup)
    }

    private func joiningTitle(_ setup: SetupStatus) -> String {
        guard let code = setup.code, !setup.finished else { return text("screen.joining") }
        return text("screen.waiting", ["code": code])
    }

    private func joining(_ status: ClusterStatus, _ setup: SetupStatus) -> [String] {
        [node(status)] + (setup.hint.map { ["", $0.sentence(in: session.language)] } ?? []) + failure(setup)
    }

    private func failure(_ setup: SetupStatus) -> [String] {
        setup.failure.map { ["", $0.sentence(in: session.language)] } ?? []
    }

    private func member(_ status: ClusterStatus) -> [String] {
        let online = status.nodes.count { $0.state == .online }
        let vip = status.vip.addresses.map { "\($0.address)" }.joined(separator: ", ")
        let holder = status.nodes.first { $0.id == status.vip.holder }?.name ?? text("status.nobody")
        return [
            status.clusterName ?? "", node(status),
            text("screen.master", ["name": status.master?.name ?? text("status.nobody")]),
            text("screen.vip", ["addresses": vip, "name": holder]),
            text("screen.nodes", ["online": "\(online)", "all": "\(status.nodes.count)"]),
        ]
    }

    private func node(_ status: ClusterStatus) -> String {
        text("screen.node", ["name": status.node.name, "address": "\(status.node.address)"])
    }

    /// Only the master hears all nodes; any other knows what concerns itself and the store.
    private func isWhole(_ status: ClusterStatus) -> Bool {
        status.master != nil && status.vip.holder != nil && status.etcd.healthy
            && status.nodes.allSatisfy { $0.state == .online || status.master?.node != status.node.id }
    }

    private func text(_ key: String, _ parameters: [String: String] = [:]) -> String { session.text(key, parameters) }
}
