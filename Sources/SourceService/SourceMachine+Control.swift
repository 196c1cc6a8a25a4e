import CaptureProtocol
import NIOCore
import ReplicationCore
import StreamProtocol
import TapCore

/// How a source stands, as one line of JSON.
struct SourceStatus: Codable, Equatable, Sendable {
    var state: String
    var generation: UInt64
    /// The last record that was numbered, and the last that a node has flushed.
    var sequence: UInt64
    var durable: UInt64
    var replicated: UInt64
    var isConnected: Bool
    var bytesBehind: UInt64
    /// Nanoseconds since 1970; 0 when everything is safe.
    var oldestUnsafe: UInt64
    var bytesToCopy: UInt64
    /// Read from the disks for copies and comparisons, and what of it was sent.
    var readBytes: UInt64
    var sentBytes: UInt64
    var hasFailedTransfers: Bool
    var trouble: String?
}

extension SourceMachine {
    /// A new assignment, from any thread.
    public func use(_ assignment: StreamAssignment) {
        let shipper = shipper
        shipper.loop.execute { shipper.use(assignment) }
    }

    /// Called when no receiver takes the stream or the assignment seems to be old.
    func whenAssignmentIsWanted(_ body: @escaping @Sendable () -> Void) {
        let shipper = shipper
        shipper.loop.execute { shipper.wantsAssignment = body }
    }

    /// On the shipper's loop.
    func answer(_ line: String) -> String {
        if line == "ping" { return "pong" }
        if line == "status" {
            do { return String(decoding: try SourceJSON.encode(status), as: UTF8.self) } catch {
                return "error \(error)"
            }
        }
        guard shipper.isConsistent else { return "refused a copy or resync is under way: no moment is consistent" }
        if line == "cut" {
            shipper.step(.cutRequested)
            return "done"
        }
        guard line.hasPrefix("bookmark "), let text = BookmarkText(String(line.dropFirst("bookmark ".count))) else {
            return "error 'ping', 'status', 'cut' or 'bookmark TEXT' of up to \(BookmarkText.longest) bytes"
        }
        shipper.step(.bookmarkRequested(text))
        return "done"
    }

    /// On the shipper's loop.
    var status: SourceStatus {
        let progress = taps.set.progress
        let report = shipper.core.report
        return SourceStatus(
            state: "\(shipper.core.state)", generation: shipper.core.memory.generation.number,
            sequence: shipper.sealer.end.sequence, durable: shipper.acknowledged.durable,
            replicated: shipper.acknowledged.replicated, isConnected: shipper.link != nil,
            bytesBehind: report.bytesBehind, oldestUnsafe: report.oldestUnsafe, bytesToCopy: progress.bytesLeft,
            readBytes: progress.readBytes, sentBytes: progress.sentBytes,
            hasFailedTransfers: progress.hasFailedTransfers, trouble: shipper.lastTrouble)
    }
}
