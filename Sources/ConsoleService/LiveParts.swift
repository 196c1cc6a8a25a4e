import APIProtocol
import MembershipCore
import Primitives
import StreamProtocol
import Texts

/// The parts of pages that change by themselves: a function of the cluster's picture and the language, the same for
/// everybody, so that each is made once for all open consoles.
struct LiveParts: Sendable {
    private static let names = ["masthead", "overview", "recent", "machines", "nodes", "failovers", "events"]
    private static let ofMachine = "machine-"

    /// Each machine's page has a part of its own.
    static func names(of picture: ClusterPicture) -> [String] {
        names + picture.machines.map { ofMachine + $0.id.description }
    }

    let renderer: Renderer

    func render(_ name: String, _ picture: ClusterPicture, _ language: Language) -> String {
        let words = Words(language)
        switch name {
        case "masthead": return renderer.render("masthead", masthead(picture, words), language)
        case "overview": return renderer.render("overview-live", overview(picture, words), language)
        case "recent": return renderer.render("events-live", events(picture, words, 8), language)
        case "nodes": return renderer.render("nodes-live", nodes(picture, words), language)
        case "failovers": return renderer.render("failovers-live", failovers(picture, words), language)
        case "events":
            return renderer.render("events-live", events(picture, words, ClusterPicture.eventCount), language)
        case "machines":
            let rows = picture.machines.map { MachineFields.row($0, picture, words) }
            return renderer.render("machines-live", ["machines": rows], language)
        default:
            guard let machine = picture.machines.first(where: { Self.ofMachine + $0.id.description == name }) else {
                preconditionFailure("there is no live part '\(name)'")
            }
            return renderer.render("machine-live", MachineFields.row(machine, picture, words), language)
        }
    }

    private func masthead(_ picture: ClusterPicture, _ words: Words) -> Fields {
        let judgement = Judgement(picture.status, picture.machines)
        return [
            "cluster": picture.status.clusterName ?? "", "tone": judgement.tone.rawValue,
            "word": words("judgement.\(judgement.tone.rawValue)"),
        ]
    }

    private func overview(_ picture: ClusterPicture, _ words: Words) -> Fields {
        let (status, judgement) = (picture.status, Judgement(picture.status, picture.machines))
        var fields = nodes(picture, words)
        fields["machines"] = picture.machines.map { MachineFields.row($0, picture, words) }
        fields["tone"] = judgement.tone.rawValue
        fields["word"] = words("judgement.\(judgement.tone.rawValue)")
        fields["problems"] = judgement.problems.map { words($0.key, $0.parameters) }
        fields["master"] =
            status.master.map { words("console.masterIs", ["name": $0.name, "epoch": $0.epoch]) }
            ?? words("status.noMaster")
        let addresses = status.vip.addresses.map(\.description).joined(separator: ", ")
        fields["vip"] =
            picture.name(of: status.vip.holder).map { words("status.vipHeld", ["addresses": addresses, "name": $0]) }
            ?? words("status.vipFree", ["addresses": addresses])
        fields["store"] = words(
            "status.storeState",
            [
                "state": words(status.etcd.healthy ? "status.healthy" : "status.unhealthy"),
                "inStep": "\(status.etcd.inStep)", "members": "\(status.etcd.members)",
                "leader": picture.name(of: status.etcd.leader) ?? words("status.nobody"),
            ])
        fields["profile"] = words("profileName.\(status.profile.active.rawValue)")
        if let last = picture.failovers.first ?? status.lastFailover {
            let shown = FailoverPicture.fields(last, picture, words.language)
            fields["last"] = renderer.render(
                "failovers-live", ["failovers": [shown], "table": false], words.language)
        }
        return fields
    }

    private func nodes(_ picture: ClusterPicture, _ words: Words) -> Fields {
        ["nodes": picture.status.nodes.map { NodeFields.row($0, words) }]
    }

    private func failovers(_ picture: ClusterPicture, _ words: Words) -> Fields {
        [
            "failovers": picture.failovers.map { FailoverPicture.fields($0, picture, words.language) },
            "table": !picture.failovers.isEmpty,
        ]
    }

    private func events(_ picture: ClusterPicture, _ words: Words, _ count: Int) -> Fields {
        [
            "events": picture.events.prefix(count).map { event -> Fields in
                let tone = event.level == .error ? "bad" : event.level == .warning ? "warn" : "none"
                return [
                    "iso": event.at.description, "level": words("level.\(event.level.rawValue)"), "tone": tone,
                    "message": Catalogue.sentence("event.\(event.kind)", event.parameters, words.language)
                        ?? event.message,
                ]
            }
        ]
    }
}

/// The catalogue in one language.
struct Words: Sendable {
    let language: Language

    init(_ language: Language) { self.language = language }

    func callAsFunction(_ key: String, _ parameters: [String: String] = [:]) -> String {
        Catalogue.sentence(key, parameters, language) ?? key
    }
}

/// A node for tables and its own page.
enum NodeFields {
    static func row(_ node: NodeStatus, _ words: Words) -> Fields {
        let resources = node.resources
        let tone: String
        switch node.state {
        case .online: tone = "good"
        case .silent: tone = "bad"
        case .joining, .leaving: tone = "warn"
        case .unknown: tone = "none"
        }
        return [
            "id": node.id.text, "name": node.name, "address": "\(node.address)", "isMaster": node.isMaster,
            "role": words("role.\(node.role.rawValue)"), "tone": tone,
            "state": words("state.\(node.state.rawValue)") + (node.drained ? " · " + words("console.drained") : ""),
            "cpu": resources.map { Figures.percent($0.cpuPercent) } ?? "–",
            "memory": resources.map { share($0.memoryUsedBytes, $0.memoryTotalBytes) } ?? "–",
            "disk": resources.map { share($0.diskUsedBytes, $0.diskTotalBytes) } ?? "–",
            "clock": resources?.clockOffsetMilliseconds.map(Figures.milliseconds) ?? "–",
            "versions": node.versions.sorted { $0.key < $1.key }.map { ["name": $0.key, "value": $0.value] },
        ]
    }

    private static func share(_ used: UInt64, _ total: UInt64) -> String {
        "\(Figures.bytes(used)) / \(Figures.bytes(total))"
    }
}
