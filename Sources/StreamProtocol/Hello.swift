/// What whoever opens a connection says first.
public struct Hello: Hashable, Sendable {
    public enum Purpose: UInt8, Sendable, CaseIterable {
        /// The protected machine itself.
        case source = 1
        /// A node passes on the frames that it has.
        case forward = 2
        /// A node brings its base image, then its frames.
        case copy = 3
    }

    public struct Volume: Hashable, Sendable {
        public var number: VolumeNumber
        /// Bytes; a multiple of `blockSize`.
        public var size: UInt64
        /// 512 or 4096.
        public var blockSize: UInt32

        public init(number: VolumeNumber, size: UInt64, blockSize: UInt32) {
            self.number = number
            self.size = size
            self.blockSize = blockSize
        }
    }

    public var machine: MachineID
    public var purpose: Purpose
    /// Of the assignment by which the caller goes.
    public var epoch: UInt64
    /// Grows with each connection of one source, over its restarts too; the higher one stays.
    public var session: UInt64
    /// Which generation the frames will be of.
    public var generation: Generation
    /// Where that generation begins: the end of what came ahead of it.
    public var predecessor: StreamPosition
    public var volumes: [Volume]
    public var level: AcknowledgementLevel
    /// What the caller can compress by; `none` is always possible.
    public var codecs: [FrameCodec]

    public init(
        machine: MachineID, purpose: Purpose, epoch: UInt64, session: UInt64, generation: Generation,
        predecessor: StreamPosition, volumes: [Volume], level: AcknowledgementLevel, codecs: [FrameCodec]
    ) {
        self.machine = machine
        self.purpose = purpose
        self.epoch = epoch
        self.session = session
        self.generation = generation
        self.predecessor = predecessor
        self.volumes = volumes
        self.level = level
        self.codecs = codecs
    }

    static let mostVolumes = 1_024

    init(reading reader: inout MessageReader) throws(StreamFormatError) {
        machine = try reader.machine()
        purpose = try reader.choice()
        epoch = try reader.number()
        session = try reader.number()
        generation = Generation(try reader.number())
        predecessor = try reader.position()
        let level = try reader.number(as: UInt8.self)
        guard level <= 1 else { throw .malformed(.message, "acknowledgement level \(level)") }
        self.level = level == 0 ? .durable : .replicated
        let mask = try reader.number(as: UInt8.self)
        codecs = FrameCodec.allCases.filter { mask & 1 << $0.rawValue != 0 }
        let count = Int(try reader.number(as: UInt16.self))
        guard count <= Self.mostVolumes else { throw .malformed(.message, "\(count) volumes") }
        volumes = []
        for _ in 0..<count {
            let volume = Volume(
                number: VolumeNumber(try reader.number()), size: try reader.number(), blockSize: try reader.number())
            guard volume.blockSize == 512 || volume.blockSize == 4_096, volume.size < 1 << 63,
                volume.size % UInt64(volume.blockSize) == 0
            else {
                throw .malformed(.message, "a volume of \(volume.size) bytes in blocks of \(volume.blockSize)")
            }
            volumes.append(volume)
        }
        guard Set(volumes.map(\.number)).count == count else { throw .malformed(.message, "a volume twice") }
    }

    func write(to writer: inout MessageWriter) {
        writer.put(machine)
        writer.put(purpose.rawValue)
        writer.put(epoch)
        writer.put(session)
        writer.put(generation.number)
        writer.put(predecessor)
        writer.put(level == .durable ? UInt8(0) : 1)
        writer.put(codecs.reduce(UInt8(0)) { $0 | 1 << $1.rawValue })
        precondition(volumes.count <= Self.mostVolumes, "\(volumes.count) volumes")
        writer.put(UInt16(volumes.count))
        for volume in volumes {
            writer.put(volume.number.number)
            writer.put(volume.size)
            writer.put(volume.blockSize)
        }
    }
}

/// What the other side says to a hello.
public enum HelloAnswer: Hashable, Sendable {
    /// - Parameters:
    ///   - durable: what is flushed here.
    ///   - next: the sequence that is expected next; below it everything was received.
    ///   - credits: bytes that may be under way from now on.
    case accepted(durable: StreamPosition, next: UInt64, credits: UInt64, codec: FrameCodec)
    /// - Parameter tail: what is flushed here.
    case refused(Refusal, tail: StreamPosition)

    public enum Refusal: UInt8, Error, Sendable, CaseIterable {
        /// The assignment has changed since; the caller asks for the new one.
        case staleEpoch = 1
        /// A later connection of this source is known.
        case staleSession = 2
        /// The generation does not begin at the durable tail.
        case wrongPredecessor = 3
        case unknownMachine = 4
        case paused = 5
        case full = 6
        case faulted = 7
    }

    init(reading reader: inout MessageReader) throws(StreamFormatError) {
        let code = try reader.number(as: UInt8.self)
        guard code != 0 else {
            self = .accepted(
                durable: try reader.position(), next: try reader.number(), credits: try reader.number(),
                codec: try reader.choice())
            return
        }
        guard let refusal = Refusal(rawValue: code) else { throw .malformed(.message, "refusal \(code)") }
        self = .refused(refusal, tail: try reader.position())
    }

    func write(to writer: inout MessageWriter) {
        switch self {
        case .accepted(let durable, let next, let credits, let codec):
            writer.put(UInt8(0))
            writer.put(durable)
            writer.put(next)
            writer.put(credits)
            writer.put(codec.rawValue)
        case .refused(let refusal, let tail):
            writer.put(refusal.rawValue)
            writer.put(tail)
        }
    }
}
