import StreamProtocol

/// What a source keeps in its file over its restarts, as texts and numbers.
public struct SourceMemory: Equatable, Codable, Sendable {
    public var session: UInt64
    public var generation: Generation
    public var predecessor: Position
    public var settled: Mark
    /// There when the last run ended in order.
    public var clean: CleanStop?
    /// Marks could not be written since they were last compared.
    public var distrustsMarks: Bool

    public init(
        session: UInt64, generation: Generation, predecessor: StreamPosition, settled: StreamMark,
        clean: CleanStop?, distrustsMarks: Bool
    ) {
        self.session = session
        self.generation = generation
        self.predecessor = Position(predecessor)
        self.settled = Mark(generation: settled.generation, sequence: settled.sequence)
        self.clean = clean
        self.distrustsMarks = distrustsMarks
    }

    public struct Mark: Equatable, Codable, Sendable {
        public var generation: Generation
        public var sequence: UInt64

        public var mark: StreamMark { StreamMark(generation: generation, sequence: sequence) }
    }

    public struct Position: Equatable, Codable, Sendable {
        public var generation: Generation
        public var sequence: UInt64
        /// 32 bytes.
        public var digest: [UInt8]

        public init(_ position: StreamPosition) {
            generation = position.generation
            sequence = position.sequence
            digest = position.digest.bytes
        }

        /// - Returns: nil when this is no position.
        public var position: StreamPosition? {
            guard digest.count == ChainDigest.length else { return nil }
            return StreamPosition(generation: generation, sequence: sequence, digest: ChainDigest(digest))
        }
    }
}

/// The certificate of an ordered stop: everything was in the stream and safe, and the disks were as it says.
public struct CleanStop: Equatable, Codable, Sendable {
    public var end: SourceMemory.Position
    public var volumes: [Volume]

    public struct Volume: Equatable, Codable, Sendable {
        public var number: VolumeNumber
        /// Bytes.
        public var size: UInt64
        /// When it was last changed, nanoseconds since 1970; 0 for a disk, of which nobody knows.
        public var changed: UInt64

        public init(number: VolumeNumber, size: UInt64, changed: UInt64) {
            self.number = number
            self.size = size
            self.changed = changed
        }
    }

    public init(_ end: StreamPosition, volumes: [Volume]) {
        self.end = SourceMemory.Position(end)
        self.volumes = volumes
    }
}
