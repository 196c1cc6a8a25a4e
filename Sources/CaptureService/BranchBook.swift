import Linux
import Primitives
import ReplicationCore
import StreamProtocol

/// The generations of one machine's stream on this node and where each began, in a file beside the journal. Written
/// before anything of a generation is taken.
struct BranchBook {
    private struct Entry: Codable {
        var generation: UInt64
        var predecessorGeneration: UInt64
        var predecessorSequence: UInt64
        /// Hexadecimal.
        var predecessorDigest: String
    }

    /// More are not needed to find where another node left the stream: what is older comes by a copy.
    private static let most = 1_000

    private let path: String
    /// Rising.
    private(set) var branches: [ForwarderCore.Branch]

    /// Blocks.
    ///
    /// - Parameter tail: the end of the journal; a generation that was begun behind it and never written is forgotten.
    /// - Throws: `CaptureServiceError` that names the file.
    init(path: String, tail: StreamPosition) throws(CaptureServiceError) {
        self.path = path
        do {
            let bytes = try DurableFile.read(path)
            let entries = try bytes.map { try CaptureJSON.decode([Entry].self, from: $0) } ?? []
            branches = try entries.map(Self.branch).filter { $0.generation <= tail.generation }
        } catch {
            throw CaptureServiceError("the generations cannot be read from \(path): \(error)")
        }
    }

    /// Where the newest generation began.
    var predecessor: StreamPosition { branches.last?.predecessor ?? .none }

    mutating func begin(_ branch: ForwarderCore.Branch) {
        branches.removeAll { $0.generation >= branch.generation }
        branches.append(branch)
        branches = branches.suffix(Self.most)
    }

    /// A copy took the place of everything that was here.
    mutating func replace(with branch: ForwarderCore.Branch) {
        branches = branch.generation == Generation(0) ? [] : [branch]
    }

    /// Makes it durable. Blocks; from any thread.
    ///
    /// - Throws: `SystemError` that names the file.
    func write() throws(SystemError) {
        let entries = branches.map {
            Entry(
                generation: $0.generation.number, predecessorGeneration: $0.predecessor.generation.number,
                predecessorSequence: $0.predecessor.sequence,
                predecessorDigest: Hexadecimal.text($0.predecessor.digest.bytes))
        }
        try DurableFile.replace(path, with: CaptureJSON.encode(entries), mode: 0o600)
    }

    private static func branch(_ entry: Entry) throws(CaptureServiceError) -> ForwarderCore.Branch {
        guard let digest = Hexadecimal.bytes(entry.predecessorDigest, count: ChainDigest.length) else {
            throw CaptureServiceError("'\(entry.predecessorDigest)' is no digest")
        }
        return ForwarderCore.Branch(
            generation: Generation(entry.generation),
            predecessor: StreamPosition(
                generation: Generation(entry.predecessorGeneration), sequence: entry.predecessorSequence,
                digest: ChainDigest(digest)))
    }
}
