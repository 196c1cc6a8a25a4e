import Glibc
import Linux
import Synchronization

/// A thread for what blocks: sealing, merging, folding, reading everything.
final class JournalWorker: @unchecked Sendable {
    // @unchecked: `thread` is for `stop` only.

    private struct Jobs {
        var waiting: [@Sendable () -> Void] = []
        var isOver = false
    }

    private let jobs = Mutex(Jobs())
    private let wake: WakeDescriptor
    private var thread: OwnedThread?

    init(_ name: String) throws(SystemError) {
        wake = try WakeDescriptor()
        thread = try OwnedThread(name) { self.run() }
    }

    /// Runs it after all that were added before.
    func add(_ job: @escaping @Sendable () -> Void) {
        jobs.withLock { $0.waiting.append(job) }
        wake.wake()
    }

    /// Does what was added and waits for the end.
    func stop() {
        jobs.withLock { $0.isOver = true }
        wake.wake()
        thread.take()?.join()
    }

    private func run() {
        while true {
            let (job, isOver) = jobs.withLock { jobs in
                (jobs.waiting.isEmpty ? nil : jobs.waiting.removeFirst(), jobs.isOver)
            }
            if let job {
                job()
            } else if isOver {
                return
            } else {
                wake.wait()
            }
        }
    }
}

extension WakeDescriptor {
    /// Waits until it is woken, and clears it.
    func wait() {
        var set = [pollfd(fd: raw, events: Int16(POLLIN), revents: 0)]
        do throws(SystemError) { try Poller.wait(&set) } catch { preconditionFailure("\(error)") }
        clear()
    }
}
