import Linux
import Logging
import MastershipCore
import NIOConcurrencyHelpers
import NIOCore
import Primitives

/// Where the mastership core meets the world: one mailbox, one consumer, effects in order. It runs on an event loop
/// whose thread has real-time priority, with nothing else on it but the store's connection.
final class MastershipLoop: Sendable {
    /// Told of what others must do or show. Called on the loop: must return at once.
    struct Hooks: Sendable {
        let startServices: @Sendable (Epoch) -> Void
        /// Services must be stopped when this returns.
        let stopServices: @Sendable () -> Void
        let remember: @Sendable (Epoch) -> Void
        let report: @Sendable (MastershipCore.Report, Instant) -> Void
        let wrote: @Sendable (MasterRecord, _ sentAt: Instant, _ acknowledged: Bool, _ now: Instant) -> Void
    }

    /// The state for those who ask, as of the last event.
    struct Snapshot: Sendable {
        var tenure: Epoch? = nil
        var isConfirmed = false
        var seen: Observation? = nil
        var highest = Epoch.none
    }

    private let key: any MasterKey
    private let address: any AddressKeeper
    private let eventLoop: any EventLoop
    private let executor: EventLoopTaskExecutor
    private let hooks: Hooks
    private let logger: Logger
    private let mailbox: AsyncStream<MastershipCore.Event>
    private let entrance: AsyncStream<MastershipCore.Event>.Continuation
    /// Told after each event that leaves this node without mastership.
    private let notMaster: AsyncStream<Void>
    private let notMasterEntrance: AsyncStream<Void>.Continuation
    private let state = NIOLockedValueBox(Snapshot())
    private let wasAnswered = NIOLockedValueBox(true)
    private let timer = NIOLockedValueBox<Scheduled<Void>?>(nil)

    init(
        key: any MasterKey, address: any AddressKeeper, eventLoop: any EventLoop, executor: EventLoopTaskExecutor,
        hooks: Hooks, logger: Logger
    ) {
        self.key = key
        self.address = address
        self.eventLoop = eventLoop
        self.executor = executor
        self.hooks = hooks
        self.logger = logger
        (mailbox, entrance) = AsyncStream.makeStream(of: MastershipCore.Event.self)
        (notMaster, notMasterEntrance) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
    }

    var snapshot: Snapshot { state.withLockedValue { $0 } }

    func post(_ event: MastershipCore.Event) { entrance.yield(event) }

    /// Runs until cancelled. On cancellation nothing is given up in order; ask for a hand-over first.
    func run(_ initial: MastershipCore) async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.watch() }
            group.addTask { await self.consume(initial) }
            await group.next()
            entrance.finish()
            group.cancelAll()
        }
        timer.withLockedValue { $0?.cancel() }
    }

    private func consume(_ initial: MastershipCore) async {
        var core = initial
        var effects: [MastershipCore.Effect] = []
        post(.started)
        for await event in mailbox {
            effects.removeAll(keepingCapacity: true)
            core.step(event, at: BootClock.now, into: &effects)
            publish(core)
            for effect in effects { perform(effect, of: core) }
        }
    }

    private func publish(_ core: MastershipCore) {
        state.withLockedValue { state in
            state.seen = core.seen
            state.highest = core.highest
            if case .master(let tenure) = core.role {
                state.tenure = tenure.epoch
                state.isConfirmed = tenure.isConfirmed
            } else {
                state.tenure = nil
                state.isConfirmed = false
                notMasterEntrance.yield()
            }
        }
    }

    private func perform(_ effect: MastershipCore.Effect, of core: MastershipCore) {
        switch effect {
        case .observe: observe()
        case .write(let id, let record, let revision, let gate, let limit):
            ask(id, renewing: record) { await $0.swap(record, over: revision, gate: gate, within: limit) }
        case .shutGate(let id, let revision, let limit):
            ask(id, renewing: core.seen?.record) { await $0.shutGate(over: revision, within: limit) }
        case .openGate(let id, let revision, let limit):
            ask(id, renewing: nil) { await $0.openGate(over: revision, within: limit) }
        case .hold(let deadline, let epoch): address.hold(until: deadline, epoch)
        case .vacate(let reason):
            logger.notice("giving up mastership", metadata: ["reason": "\(reason)"])
            address.drop(core.highest)
            hooks.stopServices()
        case .startServices(let epoch): hooks.startServices(epoch)
        case .remember(let epoch): hooks.remember(epoch)
        case .wake(let instant): wake(at: instant)
        case .report(let report): hooks.report(report, BootClock.now)
        }
    }

    private func observe() {
        Task(executorPreference: executor) { [self] in
            do {
                post(.observed(try await key.read()))
            } catch {
                logger.debug("cannot read cluster/master", metadata: ["error": "\(error)"])
                eventLoop.scheduleTask(in: .milliseconds(100)) { self.post(.observeFailed) }
            }
        }
    }

    /// - Parameter record: what is renewed by it, for the profile.
    private func ask(
        _ id: UInt64, renewing record: MasterRecord?,
        _ question: @escaping @Sendable (any MasterKey) async -> SwapOutcome
    ) {
        Task(executorPreference: executor) { [self] in
            let sentAt = BootClock.now
            let outcome = await question(key)
            let now = BootClock.now
            switch outcome {
            case .swapped(let revision): post(.writeSucceeded(id: id, revision: revision))
            case .refused(let current): post(.writeRefused(id: id, current: current))
            case .full: post(.writeRejected(id: id))
            case .unknown, .rejected: post(.writeUnknown(id: id))
            }
            warn(of: outcome, after: now - sentAt)
            if let record, let isAnswered = outcome.isAnswered { hooks.wrote(record, sentAt, isAnswered, now) }
        }
    }

    /// One warning for the first of a row: they may follow each other every few milliseconds.
    private func warn(of outcome: SwapOutcome, after span: Span) {
        let isFirst = wasAnswered.withLockedValue { wasAnswered in
            defer { wasAnswered = outcome.reason == nil }
            return wasAnswered
        }
        guard let reason = outcome.reason else { return }
        logger.log(
            level: isFirst ? .warning : .debug, "the outcome of a write of cluster/master is not known",
            metadata: ["after": "\(span)", "reason": "\(reason)"])
    }

    private func wake(at instant: Instant) {
        let delay = TimeAmount.nanoseconds(max(0, (instant - BootClock.now).nanoseconds))
        let next = eventLoop.scheduleTask(in: delay) { self.post(.wake) }
        timer.withLockedValue { timer in
            timer?.cancel()
            timer = next
        }
    }

    /// A watch is a hint: whatever ends it, a read brings the loop level again and the next watch begins there.
    private func watch() async {
        while await waitUntilNotMaster() {
            do {
                let current = try await key.read()
                post(.observed(current))
                for try await observation in key.observations(after: current.revision) {
                    post(.observed(observation))
                    if snapshot.tenure != nil { break }
                }
            } catch {
                logger.debug("the watch of cluster/master ended", metadata: ["error": "\(error)"])
            }
            guard await Pause.survived(.milliseconds(50)) else { return }
        }
    }

    /// A master watches nothing but its own renewals, dozens in a second; whoever deposes it, its next one is refused.
    /// - Returns: false when the task was cancelled.
    private func waitUntilNotMaster() async -> Bool {
        var news = notMaster.makeAsyncIterator()
        while snapshot.tenure != nil {
            guard await news.next() != nil else { return false }
        }
        return !Task.isCancelled
    }
}
