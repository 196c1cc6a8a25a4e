import AlarmCore
import APIProtocol
import CaptureProtocol
import Primitives
import StreamProtocol

/// A protected machine, as the store keeps it.
struct MachineRecord: Codable, Equatable, Sendable {
    var assignment: StreamAssignment
    /// The level that the user asked for; the assignment's is lower while there is no second copy.
    var wish: AcknowledgementLevel
    /// Whether the second node was seen to hold everything since it was assigned.
    var isLevel: Bool
    /// Seconds.
    var lagTarget: Int
    var protectedBy: String
    var protectedAt: Timestamp
    /// How its source may enrol; nil: not at all.
    var enrolment: EnrolmentRecord?
    /// SHA-256 of the machine token's secret, 64 hexadecimal digits.
    var tokenHash: String? = nil
    /// Whose certificate the source's is, by its key.
    var sourceKey: NodeID? = nil

    var id: MachineID { assignment.machine }

    /// Its nodes, the receiver first.
    var nodes: [NodeID] { [assignment.receiver.node] + (assignment.second.map { [$0.node] } ?? []) }

    /// The next epoch of the assignment. The cluster's generation is in it: after a restore it still grows.
    mutating func renumber(in epoch: Epoch) {
        assignment.epoch = max(assignment.epoch + 1, epoch.generation << 32)
    }

    var policy: MachinePolicy {
        MachinePolicy(
            level: wish, lagTargetSeconds: lagTarget, retentionSeconds: Int(clamping: assignment.retention.window),
            hold: assignment.retention.isHeld, paused: assignment.isPaused,
            limits: assignment.limits.windows.map {
                RateWindow(fromMinute: $0.from, toMinute: $0.to, days: $0.days, bytesPerSecond: $0.rate)
            }, keep: (assignment.retention.keep ?? []).map { KeepRule($0) })
    }

    func shown(_ stream: MachineStream, alarms: [Alarm]) -> Machine {
        Machine(
            id: id, name: assignment.name,
            volumes: assignment.volumes.map {
                MachineVolume(name: $0.name, sizeBytes: $0.size, blockSize: $0.blockSize)
            }, policy: policy, isEnrolled: sourceKey != nil, protectedBy: protectedBy, protectedAt: protectedAt,
            receiver: assignment.receiver.node, second: assignment.second?.node, level: assignment.level,
            epoch: assignment.epoch, stream: stream, alarms: alarms)
    }
}

extension MachineRecord {
    /// More are not remembered: the oldest of them were said to every node long ago.
    private static let mostReleased = 1_000

    /// Remembers that a bookmark was released.
    /// - Parameter oldest: of the points that are left, nanoseconds since 1970; what is older is gone.
    mutating func release(_ point: JournalPoint, oldest: UInt64) {
        let released = StreamAssignment.ReleasedBookmark(
            generation: point.generation, sequence: point.sequence, time: point.time)
        let kept = (assignment.released ?? []).filter { $0.time >= oldest && $0 != released }
        assignment.released = (kept + [released]).suffix(Self.mostReleased)
    }

    /// Applies what a user wants to be otherwise; all or nothing.
    /// - Throws: `volumeShrinks`, `invalidValue`.
    mutating func apply(_ change: MachineChange) throws(APIError) {
        var next = assignment
        for volume in change.volumes ?? [] { try Self.apply(volume, to: &next.volumes) }
        if let seconds = change.retentionSeconds { next.retention.window = UInt64(seconds) }
        if let hold = change.hold { next.retention.isHeld = hold }
        if let keep = change.keep { next.retention.keep = keep.map { .init($0) } }
        if let limits = change.limits { next.limits = StreamAssignment.Limits(limits) }
        assignment = next
        wish = change.level ?? wish
        lagTarget = change.lagTargetSeconds ?? lagTarget
    }

    private static func apply(
        _ wanted: MachineVolume, to volumes: inout [StreamAssignment.Volume]
    ) throws(APIError) {
        guard let index = volumes.firstIndex(where: { $0.name == wanted.name }) else {
            guard volumes.count < 64 else { throw .invalid("volumes", clause: "oneTooMany", ["high": "64"]) }
            let number = VolumeNumber((volumes.map(\.number.number).max() ?? 0) + 1)
            volumes.append(StreamAssignment.Volume(wanted, number: number))
            return
        }
        let known = volumes[index]
        if let block = wanted.blockSize, block != known.blockSize {
            throw .invalid("volumes[\(index)].blockSize", clause: "blockSizeFixed", ["value": "\(known.blockSize)"])
        }
        guard wanted.sizeBytes >= known.size else {
            throw APIError(
                .volumeShrinks, field: "volumes",
                ["volume": known.name, "size": "\(known.size)", "value": "\(wanted.sizeBytes)"])
        }
        guard wanted.sizeBytes.isMultiple(of: UInt64(known.blockSize)) else {
            throw .invalid(
                "volumes", clause: "multiple", ["unit": "\(known.blockSize)", "value": "\(wanted.sizeBytes)"])
        }
        volumes[index].size = wanted.sizeBytes
    }
}

extension StreamAssignment.Volume {
    init(_ wanted: MachineVolume, number: VolumeNumber) {
        self.init(number: number, name: wanted.name, size: wanted.sizeBytes, blockSize: wanted.blockSize ?? 512)
    }
}

extension StreamAssignment.Limits {
    init(_ windows: [RateWindow]) {
        self.init(
            windows: windows.map {
                .init(from: $0.fromMinute, to: $0.toMinute, days: $0.days, rate: $0.bytesPerSecond)
            })
    }
}

/// How a source may enrol.
struct EnrolmentRecord: Codable, Equatable, Sendable {
    /// SHA-256 of the token's secret, 64 hexadecimal digits.
    var secretHash: String
    var expires: Timestamp
    /// The key that has used it: the same source may ask again.
    var usedBy: NodeID? = nil
}

/// A machine whose data is to go from these nodes.
struct ForgottenMachine: Codable, Equatable, Sendable {
    var machine: MachineID
    var nodes: [NodeID]
}

/// The alarms that the events tell of, so that the next master goes on.
struct KeptAlarms: Codable, Equatable, Sendable {
    var machines: [String: [Alarm]] = [:]

    init() {}

    init(_ raised: [MachineID: [Alarm]]) {
        machines = Dictionary(uniqueKeysWithValues: raised.map { ($0.key.description, $0.value) })
    }

    var raised: [MachineID: [Alarm]] {
        machines.reduce(into: [:]) { raised, entry in
            if let machine = MachineID(entry.key) { raised[machine] = entry.value }
        }
    }
}

extension ClusterKeys {
    /// `MachineRecord`.
    static let machines = "cluster/machines/"
    static func machine(_ id: MachineID) -> String { machines + id.description }
    /// `ForgottenMachine`: there until the last node has deleted its data.
    static let forgotten = "cluster/forgotten/"
    static func forgotten(_ id: MachineID) -> String { forgotten + id.description }
    /// `KeptAlarms`.
    static let machineAlarms = "cluster/machine-alarms"
}
