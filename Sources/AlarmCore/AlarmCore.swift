import CaptureProtocol
import Primitives
import StreamProtocol

/// What is wrong with the replication of a machine.
public enum Alarm: String, Codable, Comparable, CaseIterable, Sendable {
    /// Data that was written longer ago than the target is not safe.
    case lagOverTarget
    /// There is something to bring, and nothing moves.
    case stalled
    /// There is one copy where there should be two.
    case secondMissing
    case journalFull
    case faulted
    /// Nothing is heard of the source, or of the nodes that keep the stream.
    case streamStopped
    /// Both nodes hold what the other does not know: a person must decide.
    case splitBrain
    /// Something on a disk is damaged and could not be repaired.
    case damaged

    public static func < (left: Alarm, right: Alarm) -> Bool { left.rawValue < right.rawValue }
}

/// Which alarms are raised: each once when it begins and once when it is over, and not at all for what passes by.
public struct AlarmCore: Sendable {
    public enum Event: Sendable {
        /// What the last master had raised.
        case restored([MachineID: [Alarm]])
        /// All machines, as they are now.
        case looked([Facts])
    }

    public enum Effect: Equatable, Sendable {
        case raised(MachineID, Alarm)
        case cleared(MachineID, Alarm)
        /// `raised` is to be written down for the next master.
        case keep
    }

    /// How a machine's stream is.
    public struct Facts: Equatable, Sendable {
        public var machine: MachineID
        /// nil: no node that keeps it is heard.
        public var state: StreamStatus.State?
        /// Age of the oldest write that is not safe, or of the last that became safe; nil when it is not known.
        public var lag: Span?
        public var target: Span
        public var wantsSecond: Bool
        /// Whether the second node holds everything, or did when it was last looked at.
        public var hasSecond: Bool
        /// Whether there is something to bring.
        public var isBehind: Bool
        /// Changes when anything moves.
        public var mark: [UInt64]
        /// Codes that the capture daemons of its nodes add.
        public var notes: [String]

        public init(
            machine: MachineID, state: StreamStatus.State?, lag: Span?, target: Span, wantsSecond: Bool,
            hasSecond: Bool, isBehind: Bool, mark: [UInt64], notes: [String] = []
        ) {
            self.machine = machine
            self.state = state
            self.lag = lag
            self.target = target
            self.wantsSecond = wantsSecond
            self.hasSecond = hasSecond
            self.isBehind = isBehind
            self.mark = mark
            self.notes = notes
        }
    }

    private struct Memory: Sendable {
        var raised: Set<Alarm> = []
        /// Since when it has been otherwise than told.
        var changedAt: [Alarm: Instant] = [:]
        var mark: [UInt64] = []
    }

    private var machines: [MachineID: Memory] = [:]

    public init() {}

    public func raised(of machine: MachineID) -> [Alarm] { machines[machine]?.raised.sorted() ?? [] }

    /// Of all machines that have any.
    public var raised: [MachineID: [Alarm]] {
        machines.mapValues { $0.raised.sorted() }.filter { !$0.value.isEmpty }
    }

    public mutating func step(_ event: Event, at now: Instant, into effects: inout [Effect]) {
        switch event {
        case .restored(let known): machines = known.mapValues { Memory(raised: Set($0)) }
        case .looked(let facts):
            let before = raised
            let present = Set(facts.map(\.machine))
            machines = machines.filter { present.contains($0.key) }
            for one in facts { look(at: one, now, into: &effects) }
            if raised != before { effects.append(.keep) }
        }
    }

    private mutating func look(at facts: Facts, _ now: Instant, into effects: inout [Effect]) {
        var memory = machines[facts.machine] ?? Memory()
        let isStill = memory.mark == facts.mark
        memory.mark = facts.mark
        for alarm in Alarm.allCases {
            let isRaised = memory.raised.contains(alarm)
            guard let holds = Self.holds(alarm, facts, isStill: isStill), holds != isRaised else {
                memory.changedAt[alarm] = nil
                continue
            }
            let since = memory.changedAt[alarm] ?? now
            memory.changedAt[alarm] = since
            guard now - since >= (holds ? alarm.raisedAfter : alarm.clearedAfter) else { continue }
            memory.changedAt[alarm] = nil
            if holds {
                memory.raised.insert(alarm)
                effects.append(.raised(facts.machine, alarm))
            } else {
                memory.raised.remove(alarm)
                effects.append(.cleared(facts.machine, alarm))
            }
        }
        machines[facts.machine] = memory
    }

    /// - Returns: nil when it stays as it was told: between the target and four fifths of it, or not known.
    private static func holds(_ alarm: Alarm, _ facts: Facts, isStill: Bool) -> Bool? {
        switch alarm {
        case .lagOverTarget:
            if facts.state == .paused || facts.state == .waiting || facts.state == .copying { return false }
            guard let lag = facts.lag else { return nil }
            if lag > facts.target { return true }
            return lag <= facts.target * 4 / 5 ? false : nil
        case .stalled:
            switch facts.state {
            case .streaming, .copying, .resyncing, .building: return facts.isBehind && isStill
            case .waiting, .paused, .disconnected, .full, .faulted, nil: return false
            }
        case .secondMissing: return facts.wantsSecond && !facts.hasSecond
        case .journalFull: return facts.state == .full || facts.notes.contains("journalFull")
        case .faulted: return facts.state == .faulted || facts.notes.contains("journalFaulted")
        case .splitBrain: return facts.notes.contains("splitBrain")
        case .damaged: return facts.notes.contains("damaged")
        case .streamStopped: return facts.state == .disconnected || facts.state == nil
        }
    }
}

extension Alarm {
    /// It must have been so for so long.
    var raisedAfter: Span {
        switch self {
        case .journalFull, .faulted, .splitBrain, .damaged: .zero
        case .lagOverTarget, .secondMissing: .seconds(5)
        case .streamStopped: .seconds(15)
        case .stalled: .seconds(30)
        }
    }

    var clearedAfter: Span {
        switch self {
        case .secondMissing, .streamStopped, .stalled: .seconds(3)
        case .lagOverTarget, .journalFull, .faulted, .splitBrain, .damaged: .seconds(10)
        }
    }
}
