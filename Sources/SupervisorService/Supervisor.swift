import ConfigurationCore
import Glibc
import Linux
import Logging
import Primitives
import SupervisorCore
import SupervisorProtocol

/// The boot supervisor of one node: one thread, one poll(2). It starts its children from the thread that runs it, so
/// they die with that thread. Nothing is global: any number of supervisors with folders of their own run side by side.
public final class Supervisor {
    let configuration: NodeConfiguration
    let configurationPath: String
    let plans: [ProcessPlan]
    let files: NodeFiles
    let logger: Logger
    /// The program that heals a full etcd, this one as a rule.
    let healer: String
    var core: SupervisorCore
    var children: [(name: ProcessName, child: ChildProcess)] = []
    var healing: ChildProcess?
    var probes: [HealthProbe] = []
    var events: [SupervisorCore.Event] = []
    var logs = OutputLogs()
    var groups: ControlGroups?
    let control: ControlServer
    let notifier = ServiceNotifier()
    var isRunning = true
    private let lock: OwnedDescriptor
    private var watchdogDue: Instant?
    private var rotationDue: Instant

    static let rotationInterval = Span.seconds(60)

    /// Makes the folders, takes the lock and opens the control socket.
    ///
    /// - Parameters:
    ///   - configurationPath: handed to every daemon.
    ///   - healer: the program of `keelson-supervisor heal`.
    /// - Throws: `SystemError`; `SupervisorError` when another supervisor has the same `run` folder.
    public init(
        _ configuration: NodeConfiguration, configurationPath: String, logger: Logger,
        plans: [ProcessPlan] = ProcessPlan.startOrder, healer: String = "/proc/self/exe"
    ) throws {
        self.configuration = configuration
        self.configurationPath = configurationPath
        self.plans = plans
        self.healer = healer
        self.logger = logger
        files = NodeFiles(configuration: configuration)
        core = SupervisorCore(plans: plans)
        try DurableFile.makeFolder(configuration.run, mode: 0o755)
        try DurableFile.makeFolder(configuration.data, mode: 0o700)
        try DurableFile.makeFolder(configuration.logDirectory, mode: 0o750)
        lock = try SupervisorLock.take(configuration)
        control = try ControlServer(configuration.supervisorSocket)
        rotationDue = BootClock.now + Self.rotationInterval
        do { groups = try ControlGroups() } catch { logger.notice("\(error)") }
    }

    /// Runs until SIGTERM, SIGINT or a `stop` request has ended everything in order.
    ///
    /// - Throws: `SystemError` when the system no longer lets the supervisor work; the children end with it.
    public func run() throws {
        let signals = try SignalDescriptor([SIGTERM, SIGINT, SIGHUP])
        if let interval = notifier.watchdogInterval { watchdogDue = BootClock.now + interval }
        events.append(.begun)
        while true {
            process()
            guard isRunning else { break }
            try wait(for: signals)
        }
        unlink(configuration.supervisorSocket)
    }

    /// Feeds the core until it has nothing more to ask.
    private func process() {
        while !events.isEmpty, isRunning {
            var effects: [SupervisorCore.Effect] = []
            core.step(events.removeFirst(), at: BootClock.now, into: &effects)
            for effect in effects { perform(effect) }
        }
    }

    private func wait(for signals: borrowing SignalDescriptor) throws {
        var descriptors = [pollfd(fd: signals.raw, events: Int16(POLLIN), revents: 0)]
        func add(_ raw: Int32) { descriptors.append(pollfd(fd: raw, events: Int16(POLLIN), revents: 0)) }
        for (_, child) in children { add(child.descriptor.raw) }
        if let healing { add(healing.descriptor.raw) }
        for probe in probes { add(probe.descriptor) }
        for raw in control.descriptors { add(raw) }
        let deadline = ([core.nextWake, watchdogDue, rotationDue] + probes.map(\.deadline)).compactMap(\.self).min()
        try Poller.wait(&descriptors, until: deadline)
        let ready = Set(descriptors.filter { $0.revents != 0 }.map(\.fd))
        try takeSignals(signals)
        try collect(ready)
        advanceProbes(ready)
        for raw in control.descriptors where ready.contains(raw) {
            do throws(SystemError) {
                for (client, request) in try control.serve(raw) { events.append(.request(client, request)) }
            } catch {
                logger.error("a connection to the control socket failed: \(error)")
            }
        }
        attendClock()
    }

    private func takeSignals(_ signals: borrowing SignalDescriptor) throws {
        while let number = try signals.next() {
            // SIGHUP asks a daemon to read its files again.
            events.append(number == SIGHUP ? .request(0, .reload) : .terminate)
        }
    }

    private func collect(_ ready: Set<Int32>) throws {
        for (name, child) in children where ready.contains(child.descriptor.raw) {
            let cause = try child.collect()
            children.removeAll { $0.child === child }
            probes.removeAll { $0.pid == child.pid }
            events.append(.exited(name, pid: child.pid, cause))
        }
        if let child = healing, ready.contains(child.descriptor.raw) {
            let cause = try child.collect()
            healing = nil
            events.append(.healed(failure: cause == .status(0) ? nil : "keelson-supervisor heal \(cause)"))
        }
    }

    private func advanceProbes(_ ready: Set<Int32>) {
        let now = BootClock.now
        for probe in probes {
            let result: HealthResult? =
                ready.contains(probe.descriptor)
                ? probe.advance() : now >= probe.deadline ? .failed("no answer in time") : nil
            guard let result else { continue }
            probes.removeAll { $0 === probe }
            events.append(.checked(probe.process, pid: probe.pid, result))
        }
    }

    private func attendClock() {
        let now = BootClock.now
        if let wake = core.nextWake, now >= wake { events.append(.tick) }
        if let due = watchdogDue, let interval = notifier.watchdogInterval, now >= due {
            watchdogDue = now + interval
            notify("WATCHDOG=1")
        }
        if now >= rotationDue {
            rotationDue = now + Self.rotationInterval
            for sentence in logs.rotate() { logger.error("\(sentence)") }
        }
    }
}

/// Why a supervisor does not begin.
public struct SupervisorError: Error, Equatable, CustomStringConvertible {
    public let description: String

    init(_ description: String) { self.description = description }
}
