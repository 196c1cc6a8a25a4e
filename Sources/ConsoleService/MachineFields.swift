import APIProtocol
import AlarmCore
import CaptureProtocol
import Primitives
import StreamProtocol
import Texts

/// A protected machine for tables, the overview and its own page.
enum MachineFields {
    static func row(_ machine: Machine, _ picture: ClusterPicture, _ words: Words) -> Fields {
        let stream = machine.stream
        var fields: Fields = [
            "id": machine.id.description, "name": machine.name,
            "state": words("machineState.\(stream.state.rawValue)"), "tone": tone(machine),
            "lag": lag(stream), "behind": Figures.bytes(stream.bytesBehind),
            "unsafe": stream.oldestUnsafe?.description ?? "", "newest": stream.newestPoint?.description ?? "",
            "oldest": stream.oldestPoint?.description ?? "",
            "receiver": picture.name(of: machine.receiver) ?? "",
            "second": picture.name(of: machine.second) ?? words("status.nobody"),
            "rate": Figures.bytes(stream.bytesPerSecond) + "/s", "journal": Figures.bytes(stream.journalBytes),
            "base": Figures.bytes(stream.baseBytes), "level": words("safety.\(machine.level.rawValue)"),
            "target": words("machinePage.seconds", ["count": "\(machine.policy.lagTargetSeconds)"]),
            "retention": span(machine.policy.retentionSeconds, words), "hold": machine.policy.hold,
            "keep": keep(machine),
            "alarms": machine.alarms.map { alarm -> Fields in
                ["text": words("alarm.\(alarm.rawValue)"), "tone": Judgement.tone(of: alarm).rawValue]
            },
            "isWaiting": !machine.isEnrolled,
        ]
        if let copy = stream.copy, copy.totalBytes > 0 { fields["copy"] = progress(copy, words) }
        return fields
    }

    /// As rules are written.
    static func keep(_ machine: Machine) -> String {
        (machine.policy.keep ?? []).map(\.description).joined(separator: ", ")
    }

    /// The measured RPO.
    static func lag(_ stream: MachineStream) -> String {
        stream.lagSeconds.map { $0 >= 9.95 ? "\(Int($0.rounded())) s" : "\(Figures.decimal($0)) s" } ?? "–"
    }

    private static func progress(_ copy: CopyProgress, _ words: Words) -> Fields {
        let percent = Int((Double(copy.doneBytes) / Double(copy.totalBytes) * 100).rounded(.down))
        let left = copy.secondsLeft.map { words("machinePage.left", ["time": time($0)]) } ?? ""
        return [
            "percent": "\(percent)", "left": left,
            "text": words(
                "machinePage.copied",
                [
                    "done": Figures.bytes(copy.doneBytes), "total": Figures.bytes(copy.totalBytes),
                    "percent": "\(percent)",
                ]),
        ]
    }

    /// `1:02:03`.
    static func time(_ seconds: Double) -> String {
        let whole = Int(min(seconds, 1e9).rounded(.up))
        func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
        return "\(whole / 3_600):\(two(whole / 60 % 60)):\(two(whole % 60))"
    }

    private static func span(_ seconds: Int, _ words: Words) -> String {
        guard seconds.isMultiple(of: 3_600) else { return words("machinePage.seconds", ["count": "\(seconds)"]) }
        return words("console.hours", ["count": "\(seconds / 3_600)"])
    }

    private static func tone(_ machine: Machine) -> String {
        switch machine.stream.state {
        case .streaming: return machine.alarms.isEmpty ? "good" : "warn"
        case .copying, .resyncing, .building, .disconnected: return "warn"
        case .full, .faulted: return "bad"
        case .waiting, .paused, .unknown: return "none"
        }
    }
}
