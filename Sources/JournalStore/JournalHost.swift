import BlockIO
import Linux

/// What the journals on one loop share: the loop, three threads for what blocks, and the buffers of their readers.
/// A node has a few of them and spreads its machines over them.
public final class JournalHost: @unchecked Sendable {
    // @unchecked: `readers` belongs to the loop.

    public let loop: BlockLoop
    /// Short work for which the stream waits: making and sealing segments.
    let quick: JournalWorker
    /// Long work: merging indexes, folding, reading everything.
    let slow: JournalWorker
    /// Reads of points behind the base.
    let past: JournalWorker
    /// Of the loop.
    let buffers = ReadBuffers()

    /// - Throws: `SystemError` when there are too many threads.
    public init(loop: BlockLoop) throws(SystemError) {
        self.loop = loop
        quick = try JournalWorker("journal-seal")
        slow = try JournalWorker("journal-fold")
        past = try JournalWorker("journal-past")
    }

    /// Finishes what was begun and ends the threads; not the loop.
    ///
    /// - Precondition: all journals on it are closed; not called from the loop.
    public func stop() {
        precondition(!loop.isCurrent, "a loop cannot wait for its journals")
        past.stop()
        slow.stop()
        quick.stop()
    }
}
