import CLinux
import Glibc

/// A thread of the operating system, for calls that block: they never run on Swift's cooperative pool.
public struct OwnedThread: ~Copyable, @unchecked Sendable {
    private let handle: pthread_t

    /// Starts a thread.
    ///
    /// - Parameters:
    ///   - name: what ps and top show, cut after 15 bytes.
    ///   - body: its whole life.
    /// - Throws: `SystemError` when there are too many threads.
    public init(_ name: String, _ body: @escaping @Sendable () -> Void) throws(SystemError) {
        let start = Unmanaged.passRetained(ThreadStart(name: String(name.prefix(15)), body: body))
        var handle = pthread_t()
        let code = pthread_create(&handle, nil, runThread, start.toOpaque())
        guard code == 0 else {
            start.release()
            throw SystemError(operation: "start the thread", subject: name, errno: code)
        }
        self.handle = handle
    }

    deinit { pthread_detach(handle) }

    /// Waits for its end.
    public consuming func join() {
        let handle = handle
        discard self
        pthread_join(handle, nil)
    }
}

private final class ThreadStart: Sendable {
    let name: String
    let body: @Sendable () -> Void

    init(name: String, body: @escaping @Sendable () -> Void) {
        self.name = name
        self.body = body
    }
}

// A named function: a closure that becomes a C function pointer may be taken for one of the main actor.
private func runThread(_ context: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    guard let context else { return nil }
    let start = Unmanaged<ThreadStart>.fromOpaque(context).takeRetainedValue()
    // A name is a help to people, no reason to fail.
    _ = clinux_name_thread(start.name)
    start.body()
    return nil
}
