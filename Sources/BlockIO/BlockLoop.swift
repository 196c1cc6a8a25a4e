import CLinux
import Glibc
import Linux
import Primitives
import Synchronization

/// What a descriptor is ready for, or what is waited for.
public struct Readiness: OptionSet, Sendable {
    public let rawValue: UInt32

    public init(rawValue: UInt32) { self.rawValue = rawValue }

    public static let readable = Readiness(rawValue: EPOLLIN.rawValue)
    public static let writable = Readiness(rawValue: EPOLLOUT.rawValue)
    /// The other side will send no more, behind what can be read now.
    public static let endOfInput = Readiness(rawValue: EPOLLRDHUP.rawValue)
    /// Only asked for: told once when there is something new, not as long as there is something.
    public static let edgeTriggered = Readiness(rawValue: EPOLLET.rawValue)
    /// The other side has gone or the descriptor has failed; always reported, never asked for.
    public static let closed = Readiness(rawValue: EPOLLHUP.rawValue | EPOLLERR.rawValue)
}

/// Whoever is told that a descriptor is ready.
public protocol DescriptorHandler: AnyObject {
    /// On the loop, as often as the descriptor is ready, unless it is watched edge-triggered.
    func ready(_ readiness: Readiness)
}

/// Whoever wants to do something once at the end of a turn, for example to send all answers of the turn together.
public protocol TurnEndHandler: AnyObject {
    func turnEnded()
}

/// One thread with epoll, one libaio queue, a mailbox and timers. What belongs to a loop is used from its thread only.
/// A turn is: ready descriptors, completed transfers, the mailbox, timers, and then everything that was submitted in
/// the turn goes to the kernel in one call.
public final class BlockLoop: @unchecked Sendable {
    // @unchecked: other threads touch the mailbox, the wake descriptor, `owner` and `thread` only.

    /// For top and for errors.
    public let name: String
    private let mailbox = Mutex(Mailbox())
    private let wake: WakeDescriptor
    private let epoll: OwnedDescriptor
    private let owner = Atomic<UInt>(0)
    private var thread: OwnedThread?

    let queue: SubmissionQueue
    var timers = LoopTimers()
    private var sources: [Source] = []
    private var freeSources: [Int] = []
    private var work: [@Sendable () -> Void] = []
    private var turnEnds: [any TurnEndHandler] = []
    private var endingTurn: [any TurnEndHandler] = []
    private var isStopping = false
    private let events = UnsafeMutablePointer<epoll_event>.allocate(capacity: eventLimit)
    private static let eventLimit = 256

    /// A registration of a descriptor.
    public struct Watch: Equatable, Sendable {
        fileprivate let index: Int
        fileprivate let generation: UInt32
        fileprivate let descriptor: Int32
    }

    private struct Source {
        var generation: UInt32 = 0
        var handler: (any DescriptorHandler)?
    }

    private struct Mailbox {
        var work: [@Sendable () -> Void] = []
        var isOver = false
    }

    private static let wakeKey = UInt64.max
    private static let queueKey = UInt64.max - 1

    /// Starts the thread; it lives until `stop`.
    ///
    /// - Parameters:
    ///   - name: at most 15 bytes are seen in top.
    ///   - depth: transfers that the kernel works on at once; more wait here.
    /// - Throws: `SystemError`; EAGAIN when the kernel's fs.aio-max-nr is used up.
    public init(_ name: String, depth: Int = 512) throws(SystemError) {
        self.name = name
        epoll = OwnedDescriptor(
            taking: try systemCall("make an event poll") { epoll_create1(Int32(EPOLL_CLOEXEC)) })
        wake = try WakeDescriptor()
        queue = try SubmissionQueue(depth: depth)
        try control(EPOLL_CTL_ADD, wake.raw, EPOLLIN.rawValue, Self.wakeKey)
        // Edge-triggered: the counter is never read, the ring itself says what has come.
        try control(EPOLL_CTL_ADD, queue.eventDescriptor, EPOLLIN.rawValue | EPOLLET.rawValue, Self.queueKey)
        thread = try OwnedThread(name) { self.run() }
    }

    deinit { events.deallocate() }

    /// Whether the caller runs on this loop's thread.
    public var isCurrent: Bool { owner.load(ordering: .relaxed) == UInt(pthread_self()) }

    /// Runs work on the loop's thread, in the order of the posts. From any thread.
    ///
    /// - Returns: false when the loop has been stopped; the work is not run then.
    @discardableResult
    public func post(_ work: @escaping @Sendable () -> Void) -> Bool {
        let (isTaken, isFirst) = mailbox.withLock { mailbox in
            guard !mailbox.isOver else { return (false, false) }
            mailbox.work.append(work)
            return (true, mailbox.work.count == 1)
        }
        if isFirst { wake.wake() }
        return isTaken
    }

    /// Runs what was posted before, ends the thread and waits for its end. Whatever is registered must be gone by
    /// then: transfers under way are abandoned to the kernel.
    ///
    /// - Precondition: not called from the loop itself.
    public func stop() {
        precondition(!isCurrent, "a loop cannot wait for its own end")
        post { self.isStopping = true }
        thread.take()?.join()
    }

    // MARK: Descriptors

    /// Tells the handler when the descriptor is ready; keeps the handler until `unwatch`.
    ///
    /// - Throws: `SystemError`.
    public func watch(
        _ descriptor: Int32, _ interest: Readiness, _ handler: any DescriptorHandler
    ) throws(SystemError) -> Watch {
        preconditionCurrent()
        let index: Int
        if let free = freeSources.popLast() {
            index = free
        } else {
            index = sources.count
            sources.append(Source())
        }
        let watch = Watch(index: index, generation: sources[index].generation, descriptor: descriptor)
        do throws(SystemError) {
            try control(EPOLL_CTL_ADD, descriptor, interest.rawValue, key(watch))
        } catch {
            freeSources.append(index)
            throw error
        }
        sources[index].handler = handler
        return watch
    }

    /// Waits for something else from now on.
    ///
    /// - Throws: `SystemError`.
    public func change(_ watch: Watch, to interest: Readiness) throws(SystemError) {
        precondition(sources[watch.index].generation == watch.generation, "not watched any more")
        try control(EPOLL_CTL_MOD, watch.descriptor, interest.rawValue, key(watch))
    }

    /// Must come before the descriptor is closed.
    public func unwatch(_ watch: Watch) {
        preconditionCurrent()
        precondition(sources[watch.index].generation == watch.generation, "not watched any more")
        let result = epoll_ctl(epoll.raw, EPOLL_CTL_DEL, watch.descriptor, nil)
        precondition(result == 0, "a watched descriptor was closed: errno \(errno)")
        sources[watch.index].generation &+= 1
        sources[watch.index].handler = nil
        freeSources.append(watch.index)
    }

    /// Calls the handler once at the end of this turn.
    public func atEndOfTurn(_ handler: any TurnEndHandler) {
        turnEnds.append(handler)
    }

    func preconditionCurrent() {
        precondition(isCurrent, "\(name) was used from another thread")
    }

    private func key(_ watch: Watch) -> UInt64 { UInt64(watch.generation) << 32 | UInt64(watch.index) }

    private func control(
        _ operation: Int32, _ descriptor: Int32, _ events: UInt32, _ key: UInt64
    ) throws(SystemError) {
        var event = epoll_event(events: events, data: epoll_data_t(u64: key))
        try systemCall("watch a descriptor", name) { epoll_ctl(epoll.raw, operation, descriptor, &event) }
    }

    // MARK: The thread

    private func run() {
        owner.store(UInt(pthread_self()), ordering: .relaxed)
        while !isStopping {
            let count = waitForEvents()
            var isWoken = false
            for index in 0..<count {
                let event = events[index]
                switch event.data.u64 {
                case Self.wakeKey: isWoken = true
                case Self.queueKey: break
                default: dispatch(event)
                }
            }
            queue.reap()
            if isWoken { runMailbox() }
            if !timers.isEmpty { fireTimers() }
            endTurn()
        }
        mailbox.withLock { $0.isOver = true }
        owner.store(0, ordering: .relaxed)
    }

    private func waitForEvents() -> Int {
        var timeout: Int64 = -1
        if queue.mustTurn { timeout = 0 } else if queue.mustRetry { timeout = Self.retryPause }
        if timeout != 0, let next = timers.next {
            let left = max(0, (next - BootClock.now).nanoseconds)
            timeout = timeout < 0 ? left : min(timeout, left)
        }
        let count = clinux_epoll_wait(epoll.raw, events, Int32(Self.eventLimit), timeout)
        precondition(count >= 0 || errno == EINTR, "\(name) cannot wait for events: errno \(errno)")
        return max(0, Int(count))
    }

    /// Nanoseconds after which transfers that the kernel had no room for are tried again.
    private static let retryPause: Int64 = 1_000_000

    private func dispatch(_ event: epoll_event) {
        let index = Int(truncatingIfNeeded: event.data.u64 & 0xFFFF_FFFF)
        // A handler ahead in this turn may have ended this registration.
        guard sources[index].generation == UInt32(event.data.u64 >> 32), let handler = sources[index].handler else {
            return
        }
        handler.ready(Readiness(rawValue: event.events))
    }

    private func runMailbox() {
        wake.clear()
        mailbox.withLock { swap(&$0.work, &work) }
        for item in work { item() }
        work.removeAll(keepingCapacity: true)
    }

    private func fireTimers() {
        let now = BootClock.now
        while let body = timers.takeDue(at: now) { body() }
    }

    private func endTurn() {
        while !turnEnds.isEmpty {
            swap(&turnEnds, &endingTurn)
            for handler in endingTurn { handler.turnEnded() }
            endingTurn.removeAll(keepingCapacity: true)
        }
        queue.submit()
    }
}

extension BlockLoop {
    /// Calls the body once, on the loop, at the moment or soon after.
    public func schedule(at moment: Instant, _ body: @escaping () -> Void) -> LoopTimer {
        preconditionCurrent()
        return timers.add(at: moment, body)
    }

    /// Forgets a timer; one that has fired is forgotten already.
    public func cancel(_ timer: LoopTimer) {
        preconditionCurrent()
        timers.remove(timer)
    }
}
