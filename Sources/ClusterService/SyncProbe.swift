import Glibc
import Linux
import NIOPosix
import Primitives

/// How long the disk takes to make a small write durable: what etcd's latency hangs on.
enum SyncProbe {
    /// One write of 4 KiB and its fdatasync, on a thread for blocking work.
    static func measure(in folder: String) async throws -> Span {
        try await BlockingWork.run { try once(in: folder) }
    }

    /// The 99th percentile of this many.
    static func percentile99(of count: Int, in folder: String) async throws -> Span {
        let spans = try await BlockingWork.run {
            try (0..<count).map { _ in try once(in: folder) }
        }
        return spans.sorted()[max(0, spans.count * 99 / 100 - 1)]
    }

    private static func once(in folder: String) throws -> Span {
        let path = folder + "/sync-probe"
        let file = try OwnedDescriptor.open(path, flags: O_WRONLY | O_CREAT, mode: 0o600)
        let start = BootClock.now
        try file.write([UInt8](repeating: 0x4B, count: 4096), subject: path)
        try systemCall("flush", path) { fdatasync(file.raw) }
        return BootClock.now - start
    }
}
