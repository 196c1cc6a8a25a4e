import Primitives

/// What the data path promises, part by part and as a whole.
public struct ReplicationBench: Sendable {
    public enum Part: String, CaseIterable, Sendable {
        /// The block engine and the NBD server alone.
        case blocks
        /// A disk through the tap, replicated to two nodes.
        case tap
        /// Initial copy and resume.
        case copy
        /// Lag, and many streams.
        case streams
        case journals

        public static var words: String { allCases.map(\.rawValue).joined(separator: ", ") }
    }

    private let parent: String
    private let runs: Int
    private let length: Span
    private let copySize: UInt64

    private var folder: String { parent + "/keelson-bench" }

    /// - Parameters:
    ///   - folder: on the disk that is measured.
    ///   - length: of each run of fio.
    ///   - copySize: bytes of the disk that is copied and resumed.
    public init(folder: String, runs: Int, length: Span, copySize: UInt64) {
        parent = folder
        self.runs = runs
        self.length = length
        self.copySize = copySize
    }

    /// - Throws: what made it impossible.
    public func run(_ part: Part) async throws -> [Goal] {
        switch part {
        case .blocks:
            var bench = BlockBench(folder: parent, runs: runs, length: length)
            let (goals, table) = try bench.run()
            for line in table { Terminal.say(line) }
            return goals
        case .tap: return try TapBench.run(in: folder, runs: runs, length: length)
        case .copy: return try CopyBench.run(in: folder, runs: min(3, runs), size: copySize)
        case .streams: return try StreamBench.run(in: folder, length: length)
        case .journals: return try await JournalBench.run(in: parent)
        }
    }
}
