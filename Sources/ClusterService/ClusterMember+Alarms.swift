import APIProtocol
import AlarmCore
import CaptureProtocol
import Linux
import Logging
import NIOConcurrencyHelpers
import Primitives
import StreamProtocol

/// The master's watch over replication: events, and with them notifications, when something is wrong and when it is
/// over.
extension ClusterMember {
    /// Runs while this node is master in that epoch.
    func watchAlarms(in epoch: Epoch) async {
        var core: AlarmCore?
        while await Pause.survived(.seconds(1)) {
            do {
                if core == nil { core = try await restoredAlarms() }
                if var next = core {
                    try await watchOnce(&next, in: epoch)
                    core = next
                }
            } catch {
                logger.debug("alarms will be looked at again", metadata: ["error": "\(error)"])
            }
        }
        alarms.withLockedValue { $0 = [:] }
    }

    private func restoredAlarms() async throws -> AlarmCore {
        let kept = try await store.get(KeptAlarms.self, at: ClusterKeys.machineAlarms)?.value ?? KeptAlarms()
        var core = AlarmCore()
        var effects: [AlarmCore.Effect] = []
        core.step(.restored(kept.raised), at: BootClock.now, into: &effects)
        return core
    }

    /// Written down first: what cannot be written is told by the next look, once.
    private func watchOnce(_ core: inout AlarmCore, in epoch: Epoch) async throws {
        guard view.withLockedValue({ $0.readAt }) != nil else { return }
        let (records, board, now) = (view.withLockedValue { $0.machines }, board, Timestamp.now.lastNanosecond)
        var effects: [AlarmCore.Effect] = []
        core.step(.looked(records.map { AlarmCore.Facts($0, board, at: now) }), at: BootClock.now, into: &effects)
        if effects.contains(.keep) {
            try await store.change([.put(KeptAlarms(core.raised), at: ClusterKeys.machineAlarms)], by: epoch)
        }
        let raised = core.raised
        alarms.withLockedValue { $0 = raised }
        for effect in effects {
            switch effect {
            case .keep: continue
            case .raised(let id, let alarm): tell(alarm.begins, records.first { $0.id == id }, board, at: now)
            case .cleared(let id, let alarm): tell(alarm.ends, records.first { $0.id == id }, board, at: now)
            }
        }
    }

    private func tell(_ kind: EventKind, _ record: MachineRecord?, _ board: StreamBoard, at now: UInt64) {
        guard let record else { return }
        let lag = board.stream(of: record, at: now).lagSeconds
        journal.record(
            kind,
            [
                "machine": record.assignment.name, "target": "\(record.lagTarget)",
                "seconds": lag.map { "\(Int($0.rounded()))" } ?? "?",
            ])
    }
}

extension AlarmCore.Facts {
    init(_ record: MachineRecord, _ board: StreamBoard, at now: UInt64) {
        let status = board.word(on: record)?.status
        let stream = board.stream(of: record, at: now)
        self.init(
            machine: record.id,
            state: record.assignment.isPaused ? .paused : status?.state ?? (record.sourceKey == nil ? .waiting : nil),
            lag: stream.lagSeconds.map { Span.milliseconds(Int64(min($0, 1e9) * 1_000)) },
            target: .seconds(Int64(record.lagTarget)),
            wantsSecond: record.wish == .replicated && record.sourceKey != nil,
            hasSecond: record.assignment.second != nil && record.isLevel, isBehind: stream.bytesBehind > 0,
            mark: [status?.generation.number ?? 0, status?.sequence ?? 0, status?.copiedBytes ?? 0],
            notes: stream.notes)
    }
}

extension Alarm {
    var begins: EventKind {
        switch self {
        case .lagOverTarget: .lagOverTarget
        case .stalled: .stalled
        case .secondMissing: .secondMissing
        case .journalFull: .journalFull
        case .faulted: .streamFaulted
        case .streamStopped: .streamStopped
        case .splitBrain: .splitBrain
        case .damaged: .copyDamaged
        }
    }

    var ends: EventKind {
        switch self {
        case .lagOverTarget: .lagOverTargetOver
        case .stalled: .stalledOver
        case .secondMissing: .secondMissingOver
        case .journalFull: .journalFullOver
        case .faulted: .streamFaultedOver
        case .streamStopped: .streamStoppedOver
        case .splitBrain: .splitBrainOver
        case .damaged: .copyDamagedOver
        }
    }
}
