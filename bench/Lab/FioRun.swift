import Foundation
import Primitives

/// One run of fio with one job, and what it measured.
struct FioRun {
    /// How the disk is used.
    struct Pattern: Sendable {
        /// fio's word: randread, randwrite, read, write.
        var kind: String
        /// Bytes of each transfer.
        var blockSize: Int
        var depth: Int

        /// How disks are compared.
        static let all = [
            Pattern(kind: "randread", blockSize: 4096, depth: 1),
            Pattern(kind: "randread", blockSize: 4096, depth: 32),
            Pattern(kind: "randwrite", blockSize: 4096, depth: 1),
            Pattern(kind: "randwrite", blockSize: 4096, depth: 32),
            Pattern(kind: "read", blockSize: 1 << 20, depth: 4),
            Pattern(kind: "write", blockSize: 1 << 20, depth: 4),
        ]

        var isRead: Bool { kind.hasSuffix("read") }
        var isRandom: Bool { kind.hasPrefix("rand") }
        var isBig: Bool { blockSize >= 1 << 20 }

        /// For people.
        var name: String {
            let size = isBig ? "\(blockSize >> 20) MiB" : "\(blockSize >> 10) KiB"
            return "\(size) \(isRandom ? "random" : "sequential") \(isRead ? "read" : "write"), depth \(depth)"
        }
    }

    /// Transfers a second.
    let rate: Double
    let transfers: Double

    /// - Parameters:
    ///   - engine: the arguments that name the engine and what it works on.
    ///   - size: bytes of the range that is used.
    /// - Throws: `LabError`.
    init(_ pattern: Pattern, engine: [String], size: UInt64, for length: Span) throws(LabError) {
        // The same bytes in every run: fio's scrambling alone costs a tenth.
        let arguments = [
            "fio", "--name=block", "--rw=\(pattern.kind)", "--bs=\(pattern.blockSize)", "--iodepth=\(pattern.depth)",
            "--size=\(size)", "--time_based", "--runtime=\(length.milliseconds)ms", "--scramble_buffers=0",
            "--buffer_pattern=0x5a", "--randrepeat=0", "--output-format=json",
        ]
        let text = try Command.run(arguments + engine, within: length + .seconds(60))
        guard let start = text.firstIndex(of: "{"),
            let report = Report(json: Data(text[start...].utf8)), let job = report.jobs.first
        else { throw LabError("fio's report cannot be read.") }
        let side = pattern.isRead ? job.read : job.write
        rate = side.iops
        transfers = side.transfers
    }

    private struct Report: Decodable {
        struct Job: Decodable {
            let read: Side
            let write: Side
        }

        struct Side: Decodable {
            let iops: Double
            let transfers: Double

            enum CodingKeys: String, CodingKey {
                case iops
                case transfers = "total_ios"
            }
        }

        let jobs: [Job]

        init?(json: Data) {
            do { self = try JSONDecoder().decode(Report.self, from: json) } catch { return nil }
        }
    }
}
