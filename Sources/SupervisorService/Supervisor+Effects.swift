import ConfigurationCore
import FoundationEssentials
import Glibc
import Linux
import Logging
import Primitives
import SupervisorCore

/// What the core asks for, done.
extension Supervisor {
    func perform(_ effect: SupervisorCore.Effect) {
        switch effect {
        case .readFacts:
            do { events.append(.facts(try files.facts())) } catch { events.append(.factsUnreadable("\(error)")) }
        case .saveTiming(let timing):
            do {
                try files.save(timing)
                events.append(.timingSaved(failure: nil))
            } catch { events.append(.timingSaved(failure: "\(error)")) }
        case .spawn(let name): spawn(name)
        case .terminate(let name, let pid): signal(name, pid, SIGTERM)
        case .kill(let name, let pid): signal(name, pid, SIGKILL)
        case .check(let name, let pid): check(name, pid)
        case .heal: heal()
        case .reply(let client, let replies): control.reply(client, replies)
        case .report(let report):
            if report.isProblem { logger.warning("\(report.text)") } else { logger.notice("\(report.text)") }
        case .announceReady: notify("READY=1\nSTATUS=stage: \(core.stage?.rawValue ?? "unknown")")
        case .announceStopping: notify("STOPPING=1")
        case .exit: isRunning = false
        }
    }

    private func plan(_ name: ProcessName) -> ProcessPlan {
        guard let plan = plans.first(where: { $0.name == name }) else {
            preconditionFailure("there is no plan for \(name)")
        }
        return plan
    }

    /// The cluster is worth more than systemd's opinion of it: a failure is only reported.
    func notify(_ state: String) {
        do throws(SystemError) { try notifier.notify(state) } catch {
            logger.error("systemd was not told '\(state)': \(error)")
        }
    }

    // MARK: children

    private func spawn(_ name: ProcessName) {
        do {
            let plan = plan(name)
            let child: ChildProcess
            if let groups {
                let group = try groups.prepare(plan)
                child = try ChildProcess(request(plan), output: output(of: name), group: group.raw)
            } else {
                child = try ChildProcess(request(plan), output: output(of: name), group: nil)
            }
            children.append((name, child))
            events.append(.spawned(name, pid: child.pid))
        } catch {
            events.append(.spawnFailed(name, "\(error)"))
        }
    }

    private func request(_ plan: ProcessPlan) throws -> ChildRequest {
        let program: String
        let arguments: [String]
        switch plan.name {
        case .vipd, .clusterd, .licensed, .captured, .consoled:
            program = "\(configuration.programs)/keelson-\(plan.name.rawValue)"
            arguments = ["--configuration", configurationPath]
        case .etcd:
            guard let membership = core.membership else {
                preconditionFailure("etcd is wanted by members only")
            }
            program = configuration.etcd
            arguments = try EtcdCommand.arguments(configuration, membership)
            if try files.storeIsUnused(by: membership), access(configuration.etcdDirectory, F_OK) == 0 {
                logger.notice("the founding was broken off: the store, which was never used, is made anew")
                try FileManager.default.removeItem(atPath: configuration.etcdDirectory)
            }
            // etcd refuses a data folder that others may read.
            try DurableFile.makeFolder(configuration.etcdDirectory, mode: 0o700)
        }
        return ChildRequest(
            program: program, arguments: arguments, environment: ChildEnvironment.inherited(),
            folder: configuration.run, limits: plan.limits)
    }

    /// A log that cannot be opened must not keep a daemon from running: its output joins the supervisor's then.
    private func output(of name: ProcessName) -> Int32? {
        do throws(SystemError) {
            return try logs.descriptor(for: name, in: configuration.logDirectory)
        } catch {
            logger.warning("\(name.rawValue) has no log of its own: \(error)")
            return nil
        }
    }

    private func signal(_ name: ProcessName, _ pid: Int32, _ number: Int32) {
        guard let (_, child) = children.first(where: { $0.name == name && $0.child.pid == pid }) else {
            preconditionFailure("\(name) with process id \(pid) is not a child")
        }
        child.signal(number)
        // A stopped process sees SIGTERM only when it goes on.
        if number == SIGTERM { child.signal(SIGCONT) }
    }

    private func heal() {
        do throws(SystemError) {
            let request = ChildRequest(
                program: healer, arguments: ["heal", "--configuration", configurationPath],
                environment: ChildEnvironment.inherited(), folder: configuration.run, limits: .task)
            healing = try ChildProcess(request, output: nil, group: nil)
        } catch {
            events.append(.healed(failure: "\(error)"))
        }
    }

    // MARK: health

    private func check(_ name: ProcessName, _ pid: Int32) {
        let plan = plan(name)
        let socket =
            switch plan.health.question {
            case .ping: configuration.vipdSocket
            case .pingLine: name == .captured ? configuration.capturedSocket : configuration.licensedSocket
            case .clusterHealth: configuration.clusterdSocket
            case .consoleHealth: configuration.consoledSocket
            case .etcdHealth: "\(configuration.run)/\(EtcdCommand.metricsSocketName)"
            }
        do throws(SystemError) {
            probes.append(
                try HealthProbe(plan, pid: pid, socket: socket, deadline: BootClock.now + plan.health.timeout))
        } catch {
            events.append(.checked(name, pid: pid, .failed("\(error)")))
        }
    }
}
