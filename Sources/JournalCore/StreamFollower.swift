import StreamProtocol

/// Why a journal does not take a frame or a generation. What it has stands in `JournalRefusal.has`.
public struct JournalRefusal: Error, Hashable, Sendable {
    public enum Reason: Hashable, Sendable {
        case otherMachine(MachineID)
        /// The frame is not the one behind the tail; all of it is there already when `isKnown`.
        case doesNotFollow(generation: Generation, sequence: UInt64, isKnown: Bool)
        /// A generation whose predecessor is not the durable tail.
        case otherPredecessor(StreamPosition)
        /// A generation that is not above the newest one.
        case staleGeneration(Generation)
        case unknownVolume(VolumeNumber)
        /// A record that ends behind its volume.
        case outsideVolume(VolumeNumber, end: UInt64, size: UInt64)
        /// A size that is no multiple of the block size and the like; a sentence.
        case impossibleVolume(VolumeNumber, String)
        case malformed(StreamFormatError)
        /// No room; what was acknowledged is kept.
        case full
        /// The disk failed, in a sentence.
        case faulted(String)
        /// The journal is being given up or made anew.
        case closed
    }

    public let reason: Reason
    /// The newest record that was taken.
    public let has: StreamPosition

    public init(_ reason: Reason, has: StreamPosition) {
        self.reason = reason
        self.has = has
    }
}

extension JournalRefusal: CustomStringConvertible {
    public var description: String {
        let tail = "generation \(has.generation.number), record \(has.sequence)"
        switch reason {
        case .otherMachine(let machine): return "a frame of machine \(machine) in the stream of another one"
        case .doesNotFollow(let generation, let sequence, let isKnown):
            let judgement = isKnown ? "is there already" : "does not follow"
            return "record \(sequence) of generation \(generation.number) \(judgement); the journal ends with \(tail)"
        case .otherPredecessor(let position):
            return "a generation behind generation \(position.generation.number), record \(position.sequence); "
                + "the journal ends with \(tail)"
        case .staleGeneration(let generation):
            return "generation \(generation.number) is not above that of the journal; it ends with \(tail)"
        case .unknownVolume(let volume): return "a record for volume \(volume.number), which the machine does not have"
        case .outsideVolume(let volume, let end, let size):
            return "a record up to byte \(end) of volume \(volume.number), which has \(size) bytes"
        case .impossibleVolume(let volume, let problem): return "volume \(volume.number): \(problem)"
        case .malformed(let error): return "a frame that is not whole: \(error)"
        case .full: return "the journal has no room; it keeps everything up to \(tail)"
        case .faulted(let cause): return "the journal's disk failed: \(cause)"
        case .closed: return "the journal is closed"
        }
    }
}

/// What a frame that follows the tail means to the journal.
public struct FollowedFrame: Sendable {
    public let entry: FrameEntry
    public let notes: [JournalNote]
    public let extents: [Extent]
}

/// Judges whether frames follow one another, and keeps what the stream says about its volumes.
public struct StreamFollower: Sendable {
    public let machine: MachineID
    /// Behind the newest frame.
    public private(set) var place: JournalPlace
    /// By number.
    public private(set) var volumes: [JournalVolume]
    private var expected: Generation?

    /// - Parameter volumes: as they are at `place`.
    public init(machine: MachineID, place: JournalPlace, volumes: [JournalVolume]) {
        self.machine = machine
        self.place = place
        self.volumes = volumes
    }

    public func volume(_ number: VolumeNumber) -> JournalVolume? { volumes.first { $0.number == number } }

    /// Lets a new generation follow the tail; it begins with its first frame.
    ///
    /// - Throws: `JournalRefusal` unless its predecessor is the tail and it is above the newest one.
    public mutating func expect(_ generation: Generation, after predecessor: StreamPosition) throws(JournalRefusal) {
        guard predecessor == place.position else { throw refusal(.otherPredecessor(predecessor)) }
        guard generation > place.position.generation else { throw refusal(.staleGeneration(generation)) }
        expected = generation
    }

    /// Takes the frame behind the tail.
    ///
    /// - Parameters:
    ///   - frame: judged by its own checksums.
    ///   - raw: its payload, expanded; only looked at when it has notes.
    ///   - start: bytes from the segment's start to where it will be.
    ///   - isRecovery: it stands in our own segment, where a new generation was judged before.
    /// - Throws: `JournalRefusal`; then nothing is changed.
    public mutating func follow(
        _ frame: Frame, raw: UnsafeRawBufferPointer?, segment: UInt32, start: Int, isRecovery: Bool = false
    ) throws(JournalRefusal) -> FollowedFrame {
        let header = frame.header
        guard header.machine == machine else { throw refusal(.otherMachine(header.machine)) }
        try judgeOrder(header, isRecovery: isRecovery)
        let before = place.ordinal
        var now = volumes
        var notes: [JournalNote] = []
        var extents: [Extent] = []
        for number in 0..<header.recordCount {
            let record = frame.record(number)
            let ordinal = before + UInt64(number) + 1
            if record.kind.changesData { try judgeRange(record, now) }
            guard record.kind == .configuration || record.kind == .mark else { continue }
            guard let raw, raw.count >= record.offset + record.payloadLength else {
                throw refusal(.malformed(.malformed(.payload(record: number), "it was not expanded")))
            }
            let payload = raw.part(record.offset..<record.offset + record.payloadLength)
            notes.append(
                JournalNote(
                    ordinal: ordinal, kind: record.kind,
                    volume: record.kind == .configuration ? record.volume : nil, payload: Array(payload)))
            if record.kind == .configuration {
                try change(record.volume, payload, segment, ordinal, &now, &extents)
            }
        }
        frame.appendExtents(segment: segment, start: start, after: before, to: &extents)
        place = JournalPlace(
            position: StreamPosition(
                generation: header.generation, sequence: header.lastSequence,
                digest: place.position.digest.following(frame)),
            ordinal: before + UInt64(header.recordCount))
        volumes = now
        expected = nil
        let last = frame.record(header.recordCount - 1).kind
        return FollowedFrame(
            entry: FrameEntry(header, start: start, place: place, lastKind: last), notes: notes, extents: extents)
    }

    private func judgeOrder(_ header: FrameHeader, isRecovery: Bool) throws(JournalRefusal) {
        let tail = place.position
        if header.generation == tail.generation {
            guard header.firstSequence == tail.sequence + 1 else {
                throw refusal(
                    .doesNotFollow(
                        generation: header.generation, sequence: header.firstSequence,
                        isKnown: header.lastSequence <= tail.sequence))
            }
        } else {
            let isAnnounced = header.generation == expected || (isRecovery && header.generation > tail.generation)
            guard isAnnounced, header.firstSequence == 1 else {
                throw refusal(
                    .doesNotFollow(
                        generation: header.generation, sequence: header.firstSequence,
                        isKnown: header.generation < tail.generation))
            }
        }
    }

    private func judgeRange(_ record: FrameRecord, _ volumes: [JournalVolume]) throws(JournalRefusal) {
        guard let volume = volumes.first(where: { $0.number == record.volume }) else {
            throw refusal(.unknownVolume(record.volume))
        }
        let end = record.address + UInt64(record.units)
        guard end <= volume.units else {
            throw refusal(
                .outsideVolume(record.volume, end: end * UInt64(StreamUnit.bytes), size: volume.size))
        }
    }

    private func change(
        _ number: VolumeNumber, _ payload: UnsafeRawBufferPointer, _ segment: UInt32, _ ordinal: UInt64,
        _ volumes: inout [JournalVolume], _ extents: inout [Extent]
    ) throws(JournalRefusal) {
        let change: VolumeChange
        do throws(StreamFormatError) { change = try VolumeChange(reading: payload) } catch {
            throw refusal(.malformed(error))
        }
        let volume = JournalVolume(number: number, size: change.size, blockSize: Int(change.blockSize))
        if let problem = volume.problem { throw refusal(.impossibleVolume(number, problem)) }
        if let index = volumes.firstIndex(where: { $0.number == number }) {
            // What is cut off reads as zeros, should the volume grow again.
            if volume.units < volumes[index].units {
                Extent.appendZeros(
                    at: ExtentKey(number, address: volume.units), units: volumes[index].units - volume.units, segment,
                    ordinal, to: &extents)
            }
            volumes[index] = volume
        } else {
            volumes.append(volume)
            volumes.sort { $0.number < $1.number }
        }
    }

    private func refusal(_ reason: JournalRefusal.Reason) -> JournalRefusal {
        JournalRefusal(reason, has: place.position)
    }
}

extension Frame {
    /// Whether it has bookmarks or changes of volumes, for which its payload must be expanded.
    public var hasNotes: Bool {
        (0..<header.recordCount).contains { [.configuration, .mark].contains(record($0).kind) }
    }
}

extension StreamFollower {
    /// The volumes behind a change that was judged when it was taken.
    public static func volumes(_ volumes: [JournalVolume], after note: JournalNote) -> [JournalVolume] {
        guard let number = note.volume else { return volumes }
        let change: VolumeChange
        do throws(StreamFormatError) {
            change = try note.payload.withBytes { bytes throws(StreamFormatError) in
                try VolumeChange(reading: bytes)
            }
        } catch { return volumes }
        let volume = JournalVolume(number: number, size: change.size, blockSize: Int(change.blockSize))
        return (volumes.filter { $0.number != number } + [volume]).sorted { $0.number < $1.number }
    }
}
