import APIProtocol
import ArgumentParser
import FoundationEssentials
import Glibc
import Primitives
import Texts

extension SetupCommand {
    /// `keelson setup code`
    struct Code: SessionCommand {
        static let configuration = CommandConfiguration(
            abstract: "Shows the code that opens the setup wizard in a browser.")

        @OptionGroup var options: GlobalOptions

        func perform(_ session: Session) async throws {
            let answer: SetupCodeAnswer = try await session.client.call(.setupCode)
            try session.show(answer) {
                [
                    session.text("setup.codeURL", ["url": answer.url]),
                    session.text("setup.codeIs", ["code": answer.code]),
                    session.text("setup.codeFingerprint", ["fingerprint": answer.fingerprint]),
                ]
            }
        }
    }

    /// `keelson setup show`
    struct Show: SessionCommand {
        static let configuration = CommandConfiguration(abstract: "Shows what the setup wizard has collected so far.")

        @OptionGroup var options: GlobalOptions

        func perform(_ session: Session) async throws {
            let draft: SetupDraft = try await session.client.call(.setupDraft)
            try session.show(draft) { DraftView(draft: draft, session: session).lines }
        }
    }
}

/// The wizard's draft for people.
struct DraftView {
    let draft: SetupDraft
    let session: Session

    var lines: [String] {
        let license = draft.license.map {
            session.text($0.trial == true ? "draft.license.trial" : "draft.license.file")
        }
        let fields: [(String, String?)] = [
            ("language", draft.language?.rawValue), ("administrator", draft.administrator?.name),
            ("license", license), ("name", draft.name), ("dns", list(draft.dns)), ("ntp", list(draft.ntp)),
            ("timeZone", draft.timeZone), ("vip", list(draft.vip)), ("gateway", draft.gateway?.description),
            ("profile", draft.profile?.rawValue), ("approved", list(draft.approved.map(\.name))),
        ]
        let head = session.text("draft.step", ["step": "\(draft.step)", "revision": "\(draft.revision)"])
        return [head] + fields.map { "\(session.text("draft.\($0.0)")): \($0.1 ?? "-")" }
            + (draft.rack.map { [RackView.line($0, session)] } ?? [])
    }

    private func list(_ items: [some CustomStringConvertible]) -> String? {
        items.isEmpty ? nil : items.map(\.description).joined(separator: ", ")
    }
}

/// Rack mode for people.
enum RackView {
    static func line(_ mode: RackMode, _ session: Session) -> String {
        guard mode.nodes > 0, let until = mode.until else { return session.text("rack.closed") }
        return session.text("rack.open", ["nodes": "\(mode.nodes)", "time": until.description])
    }
}

extension NodesCommand {
    /// `keelson nodes rack`
    struct Rack: SessionCommand {
        static let configuration = CommandConfiguration(
            abstract: "Accepts the next nodes without comparing codes, or shows whether it does.",
            discussion: "Without --nodes it only shows. 0 nodes ends it.")

        @Option(help: "How many nodes, 0 to 64.") var nodes: Int?
        @Option(help: "For how long, 1 to 240.") var minutes: Int?
        @OptionGroup var options: GlobalOptions

        func validate() throws {
            guard nodes != nil || minutes == nil else { throw ValidationError("--minutes goes with --nodes.") }
        }

        func perform(_ session: Session) async throws {
            let mode: RackMode
            if let nodes {
                let change = RackModeChange(nodes: nodes, minutes: minutes)
                mode = try await session.client.call(.changeRackMode, body: change)
            } else {
                mode = try await session.client.call(.rackMode)
            }
            try session.show(mode) { [RackView.line(mode, session)] }
        }
    }
}

/// `keelson recovery-kit`
struct RecoveryKitCommand: SessionCommand {
    static let configuration = CommandConfiguration(
        commandName: "recovery-kit", abstract: "Prints what to keep away from the cluster, to bring it back one day.")

    @Option(help: ArgumentHelp("Write it to this file instead.", valueName: "file"), completion: .file())
    var file: String?
    @OptionGroup var options: GlobalOptions

    func perform(_ session: Session) async throws {
        let kit = try await session.client.text(.recoveryKit, query: [("language", session.language.rawValue)])
        guard let file else { return session.say(kit) }
        do {
            try Data(kit.utf8).write(to: URL(filePath: file), options: .atomic)
        } catch {
            throw CommandFailure(status: .failed, description: "\(file) cannot be written: \(error).")
        }
        try session.show(["file": file]) { [session.text("kit.saved", ["file": file])] }
    }
}
