import APIProtocol
import ArgumentParser
import CaptureProtocol
import Primitives
import StreamProtocol
import Texts

/// `keelson protect NAME --volume …`
struct ProtectCommand: SessionCommand {
    static let configuration = CommandConfiguration(
        commandName: "protect", abstract: "Protects a machine; prints the token with which its source enrols.",
        discussion: "Example: keelson protect web1 --volume root=20G --volume data=1T/4096 --retention 7d")

    @Argument(help: "The machine's name: letters, digits, '.', '-' and '_'.") var name: String
    @Option(help: ArgumentHelp("A disk of the machine; may be repeated.", valueName: "name=size"))
    var volume: [String]
    @OptionGroup var policy: PolicyOptions
    @OptionGroup var options: GlobalOptions

    func perform(_ session: Session) async throws {
        let request = ProtectRequest(
            name: name, volumes: try volume.map(VolumeText.parse), level: policy.level,
            lagTargetSeconds: try policy.lagTargetSeconds, retentionSeconds: try policy.retentionSeconds,
            limits: try policy.windows, keep: try policy.rules)
        let answer: ProtectAnswer = try await session.client.call(.protect, body: request)
        try session.show(answer) {
            [session.text("machines.protected", ["machine": answer.machine.name, "id": "\(answer.machine.id)"])]
                + session.lines(answer.enrolment)
        }
    }
}

/// `keelson pause NAME`
struct PauseCommand: SessionCommand {
    static let configuration = CommandConfiguration(
        commandName: "pause", abstract: "Pauses a machine's stream; production goes on.")

    @Argument(help: "Identity or name of the machine.") var machine: String
    @OptionGroup var options: GlobalOptions

    func perform(_ session: Session) async throws {
        try await session.client.call(.pauseMachine, "\(try await session.machine(machine).id)")
        try session.done("machines.paused", ["machine": machine])
    }
}

/// `keelson resume NAME`
struct ResumeCommand: SessionCommand {
    static let configuration = CommandConfiguration(
        commandName: "resume", abstract: "Lets a paused stream go on; what has changed is brought.")

    @Argument(help: "Identity or name of the machine.") var machine: String
    @OptionGroup var options: GlobalOptions

    func perform(_ session: Session) async throws {
        try await session.client.call(.resumeMachine, "\(try await session.machine(machine).id)")
        try session.done("machines.resumed", ["machine": machine])
    }
}

/// `keelson points NAME`
struct PointsCommand: SessionCommand {
    static let configuration = CommandConfiguration(
        commandName: "points", abstract: "Lists points in time to which a machine can be opened, newest first.")

    @Argument(help: "Identity or name of the machine.") var machine: String
    @Option(help: ArgumentHelp("At or before, as 2026-11-23T12:25:06.123Z.", valueName: "time")) var before: String?
    @Option(name: [.customShort("n"), .long], help: "At most so many, 1 to 1000.") var limit = 100
    @OptionGroup var options: GlobalOptions

    func perform(_ session: Session) async throws {
        let id = try await session.machine(machine).id
        let query = (before.map { [("before", $0)] } ?? []) + [("limit", "\(limit)")]
        let points: ItemList<MachinePoint> = try await session.client.call(.points, "\(id)", query: query)
        try session.show(points) {
            guard !points.items.isEmpty else { return [session.text("machines.noPoints")] }
            return Table.lines(
                header: ["time", "kind", "text", "generation", "sequence"].map { session.text("column.\($0)") },
                rows: points.items.map {
                    [
                        $0.at.description, session.text("pointKind.\($0.kind.rawValue)"), $0.text ?? "-",
                        "\($0.generation)", "\($0.sequence)",
                    ]
                })
        }
    }
}

/// `keelson bookmark NAME TEXT`
struct BookmarkCommand: SessionCommand {
    static let configuration = CommandConfiguration(
        commandName: "bookmark", abstract: "Names the present moment of a machine; returns when it is durable.",
        discussion:
            "With --release, and generation and record as 'keelson points' shows them, a bookmark is kept no more.")

    @Argument(help: "Identity or name of the machine.") var machine: String
    @Argument(help: "The bookmark's text.") var text: String?
    @Flag(help: "Keep a bookmark no more: its point ages like any other.") var release = false
    @Option(help: "With --release, of the bookmark.") var generation: UInt64?
    @Option(help: "With --release, of the bookmark.") var sequence: UInt64?
    @OptionGroup var options: GlobalOptions

    func validate() throws {
        guard release else {
            guard text != nil, generation == nil, sequence == nil else {
                throw ValidationError("A bookmark has a text; --generation and --sequence go with --release.")
            }
            return
        }
        guard text == nil, generation != nil, sequence != nil else {
            throw ValidationError("--release takes --generation and --sequence, and no text.")
        }
    }

    func perform(_ session: Session) async throws {
        let id = try await session.machine(machine).id
        if let generation, let sequence {
            let request = ReleaseRequest(generation: generation, sequence: sequence)
            try await session.client.call(.releaseBookmark, "\(id)", body: request)
            return try session.done("machines.released", ["machine": machine])
        }
        try await session.client.call(.bookmark, "\(id)", body: BookmarkRequest(text: text ?? ""))
        try session.done("machines.bookmarked", ["machine": machine])
    }
}

/// `keelson export NAME`
struct ExportCommand: SessionCommand {
    static let configuration = CommandConfiguration(
        commandName: "export", abstract: "Serves a point in time of a machine over NBD: the newest, or the one given.",
        discussion: "With --list, shows what is served; with --end EXPORT, ends it.")

    @Argument(help: "Identity or name of the machine.") var machine: String
    @Option(help: ArgumentHelp("The newest at or before, as 2026-11-23T12:25:06.123Z.", valueName: "time"))
    var at: String?
    @Option(help: "The newest bookmark with this text.") var bookmark: String?
    @Option(help: "With --sequence, exactly this point.") var generation: UInt64?
    @Option(help: "With --generation, exactly this point.") var sequence: UInt64?
    @Flag(help: "A branch that can be written to; what is written goes with the export.") var writable = false
    @Option(help: "Which of the machine's two nodes serves it.") var node: String?
    @Flag(help: "Show what is served.") var list = false
    @Option(help: ArgumentHelp("End this export.", valueName: "export")) var end: String?
    @OptionGroup var options: GlobalOptions

    func validate() throws {
        if let at, Timestamp(at) == nil {
            throw ValidationError("--at takes a time as 2026-11-23T12:25:06.123Z, not '\(at)'.")
        }
    }

    func perform(_ session: Session) async throws {
        let id = "\(try await session.machine(machine).id)"
        if list { return try await show(session, id) }
        if let end {
            try await session.client.call(.withdrawExport, id, end)
            return try session.done("machines.withdrawn", ["export": end])
        }
        var request = ExportRequest(
            at: at.flatMap { Timestamp($0) }, bookmark: bookmark, generation: generation, sequence: sequence,
            writable: writable)
        if let node { request.node = try await session.member(node) }
        let export: MachineExport = try await session.client.call(.export, id, body: request)
        let nodes: ItemList<NodeStatus> = try await session.client.call(.nodes)
        let name = nodes.items.first { $0.id == export.node }?.name ?? export.node.text
        try session.show(export) {
            export.volumes.map { volume in
                session.text(
                    "machines.exported",
                    ["node": name, "time": export.point.at.description, "export": volume, "socket": export.socket])
            }
        }
    }

    private func show(_ session: Session, _ id: String) async throws {
        let exports: ItemList<MachineExport> = try await session.client.call(.exports, id)
        try session.show(exports) {
            guard !exports.items.isEmpty else { return [session.text("machines.noExports")] }
            return Table.lines(
                header: ["export", "node", "time", "writable", "socket"].map { session.text("column.\($0)") },
                rows: exports.items.map {
                    [
                        $0.name, $0.node.text, $0.point.at.description,
                        session.text($0.writable ? "word.yes" : "word.no"), $0.socket,
                    ]
                })
        }
    }
}

/// `keelson verify NAME`
struct VerifyCommand: SessionCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify", abstract: "Has everything of a machine read and checked on all nodes that keep it.",
        discussion: "With --wait, waits until it is done; exit code 1 when something was found.")

    @Argument(help: "Identity or name of the machine.") var machine: String
    @OptionGroup var options: GlobalOptions

    func perform(_ session: Session) async throws {
        let id = try await session.machine(machine).id
        let job: Job = try await session.client.call(.verifyMachine, "\(id)")
        guard let seconds = session.wait else {
            return try session.show(job) {
                [session.text("machines.verifying", ["machine": machine, "job": job.id])]
            }
        }
        let ended: Job = try await session.poll(seconds: seconds) {
            let now: Job = try await session.client.call(.job, job.id)
            return now.state == .running ? nil : now
        }
        try session.show(ended) { ended.findings ?? [] }
        if let error = ended.error { throw error }
        if let count = ended.findings?.count, count > 0 {
            throw CommandFailure(
                status: .failed,
                description: session.text("machines.damaged", ["machine": machine, "count": "\(count)"]))
        }
        if session.isText { session.say(session.text("machines.sound", ["machine": machine])) }
    }
}

/// `keelson unprotect NAME`
struct UnprotectCommand: SessionCommand {
    static let configuration = CommandConfiguration(
        commandName: "unprotect", abstract: "Ends the protection of a machine.",
        discussion: "Its data stays on the nodes unless --delete-data is given; then it cannot be opened again.")

    @Argument(help: "Identity or name of the machine.") var machine: String
    @Flag(help: "Delete journal, base and branches on all nodes.") var deleteData = false
    @OptionGroup var options: GlobalOptions

    func perform(_ session: Session) async throws {
        let id = try await session.machine(machine).id
        let held = try await session.client.callHeld(
            .unprotect, "\(id)", body: UnprotectRequest(deleteData: deleteData))
        if let held { return try session.show(held: held) }
        try session.done("machines.unprotected", ["machine": machine])
    }
}
