import APIProtocol
import CaptureProtocol
import Primitives
import StreamProtocol

/// What the nodes say about the streams that they keep, put together.
struct StreamBoard: Sendable {
    struct Word: Equatable, Sendable {
        let node: NodeID
        let status: StreamStatus
    }

    private var words: [MachineID: [Word]] = [:]

    /// - Parameter reports: of nodes that are heard.
    init(_ reports: [(node: NodeID, streams: [StreamStatus])]) {
        for report in reports {
            for status in report.streams {
                words[status.machine, default: []].append(Word(node: report.node, status: status))
            }
        }
    }

    /// The word that counts: of the node to which the source speaks, else of the receiver, else of the second node.
    func word(on record: MachineRecord) -> Word? {
        let own = (words[record.id] ?? []).filter { record.nodes.contains($0.node) }
        return own.first { $0.status.role == .receiver }
            ?? record.nodes.lazy.compactMap { node in own.first { $0.node == node } }.first
    }

    /// What any of its nodes adds.
    private func notes(on record: MachineRecord) -> [String] {
        let own = (words[record.id] ?? []).filter { record.nodes.contains($0.node) }
        return Set(own.flatMap(\.status.alarms)).sorted()
    }

    /// Nodes that hold a copy, however old.
    func copies(of machine: MachineID) -> Set<NodeID> {
        Set((words[machine] ?? []).filter { $0.status.journalBytes + $0.status.baseBytes > 0 }.map(\.node))
    }

    /// Whether the second node of this very assignment holds everything.
    func isReplicated(_ record: MachineRecord) -> Bool {
        guard let status = word(on: record)?.status else { return false }
        return status.role == .receiver && status.epoch == record.assignment.epoch && status.isReplicated
    }

    /// The node to which the source streams, when nothing is to be brought by a copy or resync.
    func current(of record: MachineRecord) -> NodeID? {
        guard let word = word(on: record), word.status.isCurrent, word.status.state == .streaming else { return nil }
        return word.node
    }

    /// - Parameter now: wall clock, nanoseconds since 1970.
    func stream(of record: MachineRecord, at now: UInt64) -> MachineStream {
        // Of a source that has not enrolled there is nothing to tell.
        guard let word = word(on: record) else {
            return MachineStream(state: record.sourceKey == nil ? .waiting : .unknown)
        }
        let status = word.status
        var stream = MachineStream(
            state: record.assignment.isPaused ? .paused : MachineState(status.state), node: word.node,
            lagSeconds: Self.lag(status, at: now).map { Double($0) / 1e9 }, bytesBehind: status.bytesBehind,
            oldestUnsafe: status.oldestUnsafe.map { Timestamp(nanoseconds: $0) },
            oldestPoint: status.oldestPoint.map { Timestamp(nanoseconds: $0) },
            newestPoint: status.newestPoint.map { Timestamp(nanoseconds: $0) }, bytesPerSecond: status.rate,
            journalBytes: status.journalBytes, baseBytes: status.baseBytes, isReplicated: isReplicated(record),
            notes: notes(on: record))
        if status.bytesToCopy > 0 {
            let left = status.bytesToCopy - min(status.copiedBytes, status.bytesToCopy)
            stream.copy = CopyProgress(
                doneBytes: min(status.copiedBytes, status.bytesToCopy), totalBytes: status.bytesToCopy,
                secondsLeft: status.rate == 0 ? nil : Double(left) / Double(status.rate))
        }
        return stream
    }

    /// Nanoseconds. While the source is away nobody knows what it has written since the newest point.
    private static func lag(_ status: StreamStatus, at now: UInt64) -> UInt64? {
        guard let newest = status.newestPoint else { return nil }
        func age(_ moment: UInt64) -> UInt64 { now - min(moment, now) }
        switch status.state {
        case .disconnected, .full, .faulted, .paused: return age(newest)
        case .waiting, .copying, .streaming, .resyncing, .building:
            return status.oldestUnsafe.map(age) ?? status.lag
        }
    }
}
