import APIProtocol
import AlarmCore
import ArgumentParser
import CaptureProtocol
import Primitives
import StreamProtocol
import Texts

/// `keelson machines …`
struct MachinesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "machines", abstract: "Shows and changes protected machines.",
        subcommands: [List.self, Show.self, Set.self, Token.self], defaultSubcommand: List.self)

    struct List: SessionCommand {
        static let configuration = CommandConfiguration(abstract: "Lists the protected machines and their streams.")

        @OptionGroup var options: GlobalOptions

        func perform(_ session: Session) async throws {
            let machines: ItemList<Machine> = try await session.client.call(.machines)
            let nodes: ItemList<NodeStatus> = try await session.client.call(.nodes)
            try session.show(machines) {
                MachinesView(machines: machines.items, nodes: nodes.items, session: session).lines
            }
        }
    }

    struct Show: SessionCommand {
        static let configuration = CommandConfiguration(abstract: "Shows one protected machine.")

        @Argument(help: "Identity or name of the machine.") var machine: String
        @OptionGroup var options: GlobalOptions

        func perform(_ session: Session) async throws {
            let machine = try await session.machine(machine)
            let nodes: ItemList<NodeStatus> = try await session.client.call(.nodes)
            try session.show(machine) {
                MachinesView(machines: [machine], nodes: nodes.items, session: session).details(machine)
            }
        }
    }

    struct Set: SessionCommand {
        static let configuration = CommandConfiguration(
            abstract: "Changes a protected machine: level, target, retention, hold, limits, volumes.")

        @Argument(help: "Identity or name of the machine.") var machine: String
        @OptionGroup var policy: PolicyOptions
        @Option(help: "on: nothing is thinned or folded meanwhile.") var hold: Switch?
        @Option(help: ArgumentHelp("A volume that grows or is new; may be repeated.", valueName: "name=size"))
        var volume: [String] = []
        @Flag(help: "As fast as it can, at every time.") var unlimited = false
        @OptionGroup var options: GlobalOptions

        func perform(_ session: Session) async throws {
            let id = try await session.machine(machine).id
            let volumes = try volume.map(VolumeText.parse)
            let change = MachineChange(
                level: policy.level, lagTargetSeconds: try policy.lagTargetSeconds,
                retentionSeconds: try policy.retentionSeconds, hold: hold.map { $0 == .on },
                limits: unlimited ? [] : try policy.windows, keep: try policy.rules,
                volumes: volumes.isEmpty ? nil : volumes)
            let changed: Machine = try await session.client.call(.changeMachine, "\(id)", body: change)
            try session.show(changed) { [session.text("machines.changed", ["machine": changed.name])] }
        }
    }

    struct Token: SessionCommand {
        static let configuration = CommandConfiguration(
            commandName: "enrolment-token", abstract: "Makes a new token for a source that has lost its own.")

        @Argument(help: "Identity or name of the machine.") var machine: String
        @OptionGroup var options: GlobalOptions

        func perform(_ session: Session) async throws {
            let id = try await session.machine(machine).id
            let token: EnrolmentToken = try await session.client.call(.renewEnrolment, "\(id)")
            try session.show(token) { session.lines(token) }
        }
    }

    enum Switch: String, ExpressibleByArgument, CaseIterable { case on, off }
}

/// What `protect` and `machines set` have in common.
struct PolicyOptions: ParsableArguments {
    @Option(help: "durable: safe on one node; replicated: safe on two.") var level: AcknowledgementLevel?
    @Option(help: ArgumentHelp("An alarm is raised beyond it: 60s, 5m.", valueName: "time")) var lagTarget: String?
    @Option(help: ArgumentHelp("So long every point is kept: 24h, 7d.", valueName: "time")) var retention: String?
    @Option(
        help: ArgumentHelp(
            "How fast the stream may be, by UTC: 08:00-18:00=10M; may be repeated.", valueName: "from-to=rate"))
    var rate: [String] = []

    @Option(
        help: ArgumentHelp(
            "One point of each span stays longer: 1h/7d, 1d/90d; may be repeated; none: all go.",
            valueName: "every/for"))
    var keep: [String] = []

    var lagTargetSeconds: Int? { get throws { try Self.seconds(lagTarget, "--lag-target") } }
    var retentionSeconds: Int? { get throws { try Self.seconds(retention, "--retention") } }

    var windows: [RateWindow]? {
        get throws { rate.isEmpty ? nil : try rate.map(RateText.parse) }
    }

    var rules: [KeepRule]? {
        get throws {
            if keep.isEmpty { return nil }
            if keep == ["none"] { return [] }
            return try keep.map { text in
                guard let rule = KeepRule(text) else {
                    throw ValidationError("--keep takes EVERY/FOR, as 1h/7d, or none, not '\(text)'.")
                }
                return rule
            }
        }
    }

    private static func seconds(_ text: String?, _ option: String) throws -> Int? {
        guard let text else { return nil }
        guard let seconds = Figures.seconds(text) else {
            throw ValidationError("\(option) takes a time as 90s, 30m, 24h or 7d, not '\(text)'.")
        }
        return seconds
    }
}

extension AcknowledgementLevel: ExpressibleByArgument {}

/// `NAME=SIZE` or `NAME=SIZE/BLOCK`.
enum VolumeText {
    static func parse(_ text: String) throws -> MachineVolume {
        let parts = text.split(separator: "=", maxSplits: 1).map(String.init)
        let sizes = parts.count == 2 ? parts[1].split(separator: "/").map(String.init) : []
        guard (1...2).contains(sizes.count), let size = Figures.byteCount(sizes[0]) else { throw wrong(text) }
        guard sizes.count == 2 else { return MachineVolume(name: parts[0], sizeBytes: size) }
        guard let block = Int(sizes[1]) else { throw wrong(text) }
        return MachineVolume(name: parts[0], sizeBytes: size, blockSize: block)
    }

    private static func wrong(_ text: String) -> ValidationError {
        ValidationError("A volume is NAME=SIZE, as root=20G, or NAME=SIZE/BLOCK, as data=1T/4096, not '\(text)'.")
    }
}

/// `HH:MM-HH:MM=RATE`, every day.
enum RateText {
    static func parse(_ text: String) throws -> RateWindow {
        let parts = text.split(separator: "=").map(String.init)
        let times = parts.count == 2 ? parts[0].split(separator: "-").map(String.init) : []
        guard times.count == 2, let from = minute(times[0]), let to = minute(times[1]),
            let rate = Figures.byteCount(parts[1])
        else { throw ValidationError("A rate is HH:MM-HH:MM=BYTES, as 08:00-18:00=10M, not '\(text)'.") }
        return RateWindow(fromMinute: from, toMinute: to, days: [], bytesPerSecond: rate)
    }

    private static func minute(_ text: String) -> Int? {
        let parts = text.split(separator: ":").map { Int($0) }
        guard parts.count == 2, let hour = parts[0], let minute = parts[1], (0...23).contains(hour),
            (0...59).contains(minute)
        else { return nil }
        return hour * 60 + minute
    }
}

extension Session {
    /// By identity or by name.
    /// - Throws: `unknownMachine`.
    func machine(_ text: String) async throws -> Machine {
        if MachineID(text) != nil { return try await client.call(.machine, text) }
        let machines: ItemList<Machine> = try await client.call(.machines)
        guard let machine = machines.items.first(where: { $0.name == text }) else {
            throw APIError(.unknownMachine, ["machine": text])
        }
        return machine
    }

    func lines(_ token: EnrolmentToken) -> [String] {
        [
            text("machines.enrol", ["token": token.token]),
            text(
                "machines.enrolBy",
                ["time": token.expires.description, "fingerprint": token.authorityFingerprint]),
        ]
    }
}

/// Protected machines for people.
struct MachinesView {
    let machines: [Machine]
    let nodes: [NodeStatus]
    let session: Session

    private func name(_ node: NodeID?) -> String {
        guard let node else { return session.text("status.nobody") }
        return nodes.first { $0.id == node }?.name ?? node.text
    }

    var lines: [String] {
        guard !machines.isEmpty else { return [session.text("machines.none")] }
        let columns = ["name", "state", "lag", "behind", "receiver", "second", "newest", "progress", "alarms"]
        return Table.lines(
            header: columns.map { session.text("column.\($0)") },
            rows: machines.map { machine in
                [
                    machine.name, state(machine), lag(machine), Figures.bytes(machine.stream.bytesBehind),
                    name(machine.receiver), name(machine.second),
                    machine.stream.newestPoint?.description ?? "-", progress(machine), alarms(machine),
                ]
            })
    }

    func details(_ machine: Machine) -> [String] {
        let policy = machine.policy
        var facts = [
            ("column.id", machine.id.description), ("column.state", state(machine)), ("column.lag", lag(machine)),
            ("column.behind", Figures.bytes(machine.stream.bytesBehind)), ("column.receiver", name(machine.receiver)),
            ("column.second", name(machine.second)),
            ("machines.level", session.text("safety.\(machine.level.rawValue)")),
            ("machines.target", "\(policy.lagTargetSeconds) s"), ("machines.retention", "\(policy.retentionSeconds) s"),
            ("machines.keep", policy.keep.map { $0.map(\.description).joined(separator: ", ") } ?? ""),
            ("machines.hold", session.text(policy.hold ? "word.yes" : "word.no")),
            ("column.progress", progress(machine)), ("machines.unsafe", time(machine.stream.oldestUnsafe)),
            ("machines.oldest", time(machine.stream.oldestPoint)), ("column.newest", time(machine.stream.newestPoint)),
            ("machines.journal", Figures.bytes(machine.stream.journalBytes)),
            ("machines.base", Figures.bytes(machine.stream.baseBytes)), ("column.alarms", alarms(machine)),
        ]
        facts += machine.volumes.map { ("machines.volume", "\($0.name), \(Figures.bytes($0.sizeBytes))") }
        return Table.lines(header: [machine.name, ""], rows: facts.map { [session.text($0.0), $0.1] })
    }

    private func time(_ moment: Timestamp?) -> String { moment?.description ?? "-" }
    private func state(_ machine: Machine) -> String {
        session.text("machineState.\(machine.stream.state.rawValue)")
    }
    private func lag(_ machine: Machine) -> String {
        machine.stream.lagSeconds.map { "\(Figures.decimal($0)) s" } ?? "-"
    }
    private func alarms(_ machine: Machine) -> String {
        machine.alarms.isEmpty
            ? "-" : machine.alarms.map { session.text("alarm.\($0.rawValue)") }.joined(separator: ", ")
    }

    private func progress(_ machine: Machine) -> String {
        guard let copy = machine.stream.copy, copy.totalBytes > 0 else { return "-" }
        let share = Figures.percent(Double(copy.doneBytes) / Double(copy.totalBytes) * 100)
        return copy.secondsLeft.map { "\(share), \(Int($0.rounded(.up))) s" } ?? share
    }
}
