import ConfigurationCore
import Glibc
import Linux
import MembershipCore
import Primitives
import SupervisorCore
import SupervisorProtocol

/// The steps that touch processes and etcd's data.
extension Recovery {
    /// Has a running supervisor stop everything, and keeps another one from starting meanwhile by the journal.
    func quiesce() throws {
        guard var client = try runningSupervisor() else { return }
        _ = try client.ask(.reload, limit: .seconds(5))
        say("stopping this node's daemons")
        let deadline = BootClock.now + .seconds(15)
        var none: [pollfd] = []
        while try client.ask(.status, limit: .seconds(5)).contains(where: { $0.pid != nil }) {
            guard BootClock.now < deadline else {
                throw SupervisorError("the supervisor did not stop this node's daemons in 15 s")
            }
            // The protocol tells no ends, so the question is asked again after a while.
            try Poller.wait(&none, until: BootClock.now + .milliseconds(50))
        }
    }

    /// Lets a running supervisor start everything again.
    func resume() throws {
        guard var client = try runningSupervisor() else {
            return say("the recovery is complete; start the supervisor")
        }
        _ = try client.ask(.reload, limit: .seconds(5))
        say("the recovery is complete; this node's daemons start")
    }

    private func runningSupervisor() throws -> SupervisorClient? {
        do throws(SystemError) { return try SupervisorClient(configuration.supervisorSocket) } catch {
            guard error.errno == ENOENT || error.errno == ECONNREFUSED else { throw error }
            return nil
        }
    }

    private var data: String { configuration.etcdDirectory }

    /// A copy of the data as it was, made under another name first, so that a whole copy is told from a part.
    func saveOldData(_ journal: Journal) throws {
        let kept = "\(data).before-\(journal.generation)"
        guard access(data, F_OK) == 0, access(kept, F_OK) != 0 else { return }
        say("keeping a copy of the old data in \(kept)")
        try command("/bin/rm", ["-rf", "--", "\(kept).part"])
        try command("/bin/cp", ["-a", "--reflink=auto", "--", data, "\(kept).part"])
        try command("/bin/sync", ["-f", data])
        try systemCall("rename", "\(kept).part") { rename("\(kept).part", kept) }
    }

    func restore(_ snapshot: String, _ journal: Journal) throws {
        guard let membership = try files.membership() else {
            throw SupervisorError("\(configuration.membershipPath) is gone")
        }
        say("restoring \(snapshot)")
        let peer = EtcdCommand.peerURL(configuration)
        try command("/bin/rm", ["-rf", "--", "\(data).restored"])
        try command(
            configuration.etcd + "utl",
            [
                "snapshot", "restore", snapshot, "--data-dir=\(data).restored", "--name=\(membership.node)",
                "--initial-cluster=\(membership.node)=\(peer)", "--initial-advertise-peer-urls=\(peer)",
                "--initial-cluster-token=\(journal.clusterToken)",
            ])
        // The old data has its copy, so its going is no loss when the power does too.
        try command("/bin/rm", ["-rf", "--", data])
        try systemCall("rename", "\(data).restored") { rename("\(data).restored", data) }
        try command("/bin/sync", ["-f", data])
    }

    /// One start of etcd that makes this member the only one, until it answers.
    func forceNewCluster() throws {
        guard let membership = try files.membership() else {
            throw SupervisorError("\(configuration.membershipPath) is gone")
        }
        guard let plan = ProcessPlan.startOrder.first(where: { $0.name == .etcd }) else {
            preconditionFailure("etcd has a plan")
        }
        say("making this node's etcd the only member")
        try DurableFile.makeFolder(configuration.run)
        let arguments = try EtcdCommand.arguments(configuration, membership, forcesNewCluster: true)
        let log = try LogFile("\(configuration.data)/recovery.log")
        let child = try ChildProcess(
            ChildRequest(
                program: configuration.etcd, arguments: arguments, environment: ChildEnvironment.inherited(),
                folder: configuration.run, limits: plan.limits),
            output: log.descriptor, group: nil)
        var failure: (any Error)?
        do { try waitUntilLeading(child, plan) } catch { failure = error }
        child.signal(SIGTERM)
        if try !Poller.waitReadable(child.descriptor, until: BootClock.now + .seconds(10)) { child.signal(SIGKILL) }
        _ = try Poller.waitReadable(child.descriptor)
        _ = try child.collect()
        if let failure { throw failure }
    }

    /// The only member leads itself once its forced configuration is committed.
    private func waitUntilLeading(_ child: ChildProcess, _ plan: ProcessPlan) throws {
        let deadline = BootClock.now + .seconds(60)
        while BootClock.now < deadline {
            if try Poller.waitReadable(child.descriptor, until: BootClock.now + .milliseconds(100)) {
                throw SupervisorError("etcd ended by itself; \(configuration.data)/recovery.log says why")
            }
            let patience = BootClock.now + .seconds(5)
            guard let probe = try probeOfLeading(child, plan, until: patience) else { continue }
            var result = probe.advance()
            var set = [pollfd(fd: probe.descriptor, events: Int16(POLLIN), revents: 0)]
            while result == nil, try Poller.wait(&set, until: patience) > 0 { result = probe.advance() }
            if result == .healthy || result == .noSpace { return }
        }
        throw SupervisorError("etcd did not become the leader of itself in 60 s")
    }

    /// - Returns: nil while nobody listens, as in etcd's first moments.
    private func probeOfLeading(
        _ child: ChildProcess, _ plan: ProcessPlan, until deadline: Instant
    ) throws(SystemError) -> HealthProbe? {
        let socket = "\(configuration.run)/\(EtcdCommand.metricsSocketName)"
        do throws(SystemError) {
            return try HealthProbe(plan, pid: child.pid, socket: socket, deadline: deadline, path: "/health")
        } catch {
            guard error.errno == ENOENT || error.errno == ECONNREFUSED else { throw error }
            return nil
        }
    }

    private func command(_ program: String, _ arguments: [String]) throws {
        let outcome = try OneTask.run(program, arguments, folder: "/", limit: .seconds(600))
        guard outcome.cause == .status(0) else {
            throw SupervisorError("\(program) \(outcome.cause): \(outcome.output.suffix(500))")
        }
    }
}
