/// Asks another node for its copy of something that is damaged here.
public struct FetchRequest: Hashable, Sendable {
    public enum Subject: Hashable, Sendable {
        /// The frame behind a position; only the stream with this digest is meant.
        case frame(after: StreamPosition)
        /// A range of a volume as it was at a position, in units of 512 bytes, at most `mostUnits`.
        case range(VolumeNumber, address: UInt64, units: UInt32, at: StreamPosition)
    }

    /// For the answer.
    public var number: UInt64
    public var machine: MachineID
    public var subject: Subject

    /// 1 MiB.
    public static let mostUnits = CopyRange.mostUnits

    public init(number: UInt64, machine: MachineID, subject: Subject) {
        self.number = number
        self.machine = machine
        self.subject = subject
    }

    init(reading reader: inout MessageReader) throws(StreamFormatError) {
        number = try reader.number()
        machine = try reader.machine()
        switch try reader.number(as: UInt8.self) {
        case 1: subject = .frame(after: try reader.position())
        case 2:
            let volume = VolumeNumber(try reader.number())
            let address: UInt64 = try reader.number()
            let units: UInt32 = try reader.number()
            try CopyRange.judge(address: address, units: units, most: Self.mostUnits)
            subject = .range(volume, address: address, units: units, at: try reader.position())
        case let code: throw .malformed(.message, "a question of kind \(code)")
        }
    }

    func write(to writer: inout MessageWriter) {
        writer.put(number)
        writer.put(machine)
        switch subject {
        case .frame(let position):
            writer.put(UInt8(1))
            writer.put(position)
        case .range(let volume, let address, let units, let position):
            writer.put(UInt8(2))
            writer.put(volume.number)
            writer.put(address)
            writer.put(units)
            writer.put(position)
        }
    }
}

/// What a node has of what it was asked for.
public struct FetchAnswer: Hashable, Sendable {
    public enum Outcome: UInt8, Sendable, CaseIterable {
        /// Judged by the checksums of the node that answers. A frame follows as itself, a range stands here.
        case whole = 1
        case damaged = 2
        /// It does not have it: folded away, never there, or another stream.
        case absent = 3
        /// It cannot look at the moment.
        case refused = 4
    }

    public var number: UInt64
    public var outcome: Outcome
    /// Of a range that is whole.
    public var bytes: [UInt8]

    public init(number: UInt64, outcome: Outcome, bytes: [UInt8] = []) {
        self.number = number
        self.outcome = outcome
        self.bytes = bytes
    }

    init(reading reader: inout MessageReader) throws(StreamFormatError) {
        number = try reader.number()
        outcome = try reader.choice()
        bytes = try reader.array(reader.remaining)
        guard bytes.isEmpty || (outcome == .whole && bytes.count % StreamUnit.bytes == 0) else {
            throw .malformed(.message, "\(bytes.count) bytes with outcome \(outcome)")
        }
    }

    func write(to writer: inout MessageWriter) {
        writer.put(number)
        writer.put(outcome.rawValue)
        writer.put(bytes)
    }
}
