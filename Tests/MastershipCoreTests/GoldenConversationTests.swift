import Foundation
import MastershipCore
import Primitives
import Testing

/// Whole conversations with their whole expected answers, in Tests/Golden. KEELSON_REWRITE=1 writes them anew; the
/// difference is then to be reviewed.
@Suite struct GoldenConversationTests {
    @Test func mastershipFromFirstTakeoverToRelease() throws {
        var talk = Conversation()
        talk.say(.started, at: 0)
        talk.say(.standingChanged(true), at: 1)
        talk.say(.observed(Observation(record: nil, revision: 0)), at: 2)
        talk.say(.writeSucceeded(id: 1, revision: 10), at: 4)
        talk.say(.wake, at: 102)
        talk.say(.writeSucceeded(id: 2, revision: 11), at: 104)
        talk.say(.wake, at: 202)
        talk.say(.writeUnknown(id: 3), at: 402)
        talk.say(.writeRefused(id: 4, current: Observation(record: talk.sent[2], revision: 12)), at: 405)
        talk.say(.writeSucceeded(id: 5, revision: 13), at: 407)
        talk.say(.timingChosen(.fast), at: 420)
        talk.say(.wake, at: 505)
        talk.say(.writeSucceeded(id: 6, revision: 14), at: 507)
        talk.say(.handOverRequested(to: Rig.other), at: 520)
        talk.say(.vacated, at: 523)
        talk.say(.writeSucceeded(id: 7, revision: 15), at: 525)
        talk.say(.observed(Observation(record: .others(takeover: 0, sequence: 0), revision: 16, gate: 5)), at: 530)
        talk.say(.wake, at: 2_100)
        talk.say(.writeSucceeded(id: 8, revision: 20), at: 2_103)
        talk.say(.wake, at: 3_300)
        try talk.compare(with: "mastership.txt")
    }
}

/// Events in, and everything that comes out, as text.
struct Conversation {
    private var core = MastershipCore(
        node: Rig.own, session: 7, generation: 1, highest: .none, timing: .calm, seed: 1)
    private var lines: [String] = []
    /// The records that were written, in order.
    private(set) var sent: [MasterRecord] = []

    mutating func say(_ event: MastershipCore.Event, at milliseconds: Int64) {
        lines.append("\(milliseconds) ms > \(Self.text(event))")
        var effects: [MastershipCore.Effect] = []
        core.step(event, at: Instant(nanoseconds: milliseconds * 1_000_000), into: &effects)
        for effect in effects {
            if case .write(_, let record, _, _, _) = effect { sent.append(record) }
            lines.append("    < \(Self.text(effect))")
        }
    }

    func compare(with name: String) throws {
        let file = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "Golden/\(name)")
        let text = lines.joined(separator: "\n") + "\n"
        if ProcessInfo.processInfo.environment["KEELSON_REWRITE"] == "1" {
            try text.write(to: file, atomically: true, encoding: .utf8)
        }
        #expect(try String(contentsOf: file, encoding: .utf8) == text)
    }

    private static func text(_ event: MastershipCore.Event) -> String {
        switch event {
        case .observed(let seen): "observed \(text(seen))"
        case .writeRefused(let id, let current): "writeRefused \(id), current \(text(current))"
        case .writeSucceeded(let id, let revision): "writeSucceeded \(id) at revision \(revision)"
        case .timingChosen(let timing): "timingChosen \(text(timing))"
        case .writeUnknown(let id): "writeUnknown \(id)"
        case .writeRejected(let id): "writeRejected \(id)"
        case .handOverRequested(let successor): "handOverRequested to \(successor?.text ?? "anyone")"
        default: "\(event)"
        }
    }

    private static func text(_ effect: MastershipCore.Effect) -> String {
        switch effect {
        case .write(let id, let record, let over, let gate, let limit):
            "write \(id) over revision \(over), \(text(gate)), within \(limit): \(text(record))"
        case .shutGate(let id, let over, let limit): "shutGate \(id) over revision \(over) within \(limit)"
        case .openGate(let id, let over, let limit): "openGate \(id) over revision \(over) within \(limit)"
        case .hold(let until, let epoch): "hold until \(text(until)), epoch \(epoch)"
        case .vacate(let reason): "vacate, \(text(reason))"
        case .startServices(let epoch): "startServices, epoch \(epoch)"
        case .remember(let epoch): "remember \(epoch)"
        case .wake(let at): "wake at \(text(at))"
        case .report(let report): "report \(text(report))"
        case .observe: "observe"
        }
    }

    private static func text(_ report: MastershipCore.Report) -> String {
        switch report {
        case .contending(let lapse):
            "contending over \(lapse.previous.map(text) ?? "nothing"), news at \(text(lapse.newsAt))"
        case .tookOver(let epoch): "tookOver \(epoch)"
        case .lost(let epoch, let reason): "lost \(epoch), \(text(reason))"
        case .released(let epoch, let successor): "released \(epoch) to \(successor?.text ?? "anyone")"
        case .storeWentBackwards(let seen, let highest): "storeWentBackwards to \(seen) from \(highest)"
        }
    }

    private static func text(_ reason: MastershipCore.LossReason) -> String {
        switch reason {
        case .deadlinePassed: "deadlinePassed"
        case .deposed(let by): "deposed by \(by?.text ?? "nobody")"
        case .handedOver: "handedOver"
        }
    }

    private static func text(_ seen: Observation) -> String {
        "revision \(seen.revision), gate \(seen.gate.map { "\($0)" } ?? "not told"): \(seen.record.map(text) ?? "nothing")"
    }

    private static func text(_ gate: MastershipCore.GateUse) -> String {
        switch gate {
        case .leave: "gate as it is"
        case .mustBe(let revision): "gate at revision \(revision)"
        case .open: "gate opened"
        }
    }

    private static func text(_ record: MasterRecord) -> String {
        let claim =
            switch record.claim {
            case .held: "held"
            case .released(let successor): "released to \(successor?.text ?? "anyone")"
            }
        return "\(claim) by \(record.node), epoch \(record.generation).\(record.takeoverRevision), "
            + "sequence \(record.sequence), \(text(record.timing))"
    }

    private static func text(_ timing: Timing) -> String { "take \(timing.take)" }
    private static func text(_ instant: Instant) -> String { (instant - Instant(nanoseconds: 0)).description }
}
