import APIProtocol
import ConfigurationCore
import HostMetrics
import LicenseCore
import Linux
import Logging
import MastershipCore
import MembershipCore
import NIOConcurrencyHelpers
import Primitives
import ProfileCore
import VIPProtocol

/// What every member does all the time, master or not; each loop brings something level again and again.
extension ClusterMember {
    /// Reads what is kept in the store, and takes the place in the cluster that the master assigned.
    func followStore() async {
        repeat {
            do {
                try await refreshView()
                try await followAssignment()
                try await followWebIdentity()
            } catch {
                logger.debug("the store cannot be read", metadata: ["error": "\(error)"])
                view.withLockedValue { $0.etcd.healthy = false }
            }
        } while await Pause.survived(.seconds(2))
    }

    func refreshView() async throws {
        let fresh = try await store.view(isMaster: mastership.snapshot.tenure != nil, now: BootClock.now)
        view.withLockedValue { view in
            // A takeover that this node has just told of may not be in the store yet.
            let told = view.lastFailover
            view = fresh
            if let told, view.lastFailover.map({ $0.at < told.at }) ?? true { view.lastFailover = told }
        }
        // A watch that hangs is made good for here, also on nodes that never contend.
        if let master = fresh.master { mastership.post(.observed(master)) }
        if let settings = fresh.settings { vip.setAddresses(settings.vip) }
        if fresh.profile != nil {
            mastership.post(.timingChosen(pace.timing(at: BootClock.now) ?? fresh.activeProfile.timing))
        }
        try await refreshAccess()
    }

    /// A spare that the master made a voter, or a voter that it made a spare: written down, then the supervisor starts
    /// or stops etcd.
    private func followAssignment() async throws {
        let (nodes, settings) = view.withLockedValue { ($0.nodes, $0.settings) }
        guard let record = nodes.first(where: { $0.id == node }) else { return }
        var wanted = membership.withLockedValue { $0 }
        guard record.assigned != wanted.role else { return }
        let voters = try await store.members().compactMap { $0.peer(among: nodes) }
        if wanted.role == .spare { try StoppedStore.setAside(configuration.etcdDirectory) }
        wanted.role = record.assigned
        wanted.foundsCluster = false
        wanted.voters = voters
        wanted.virtualAddresses = settings?.vip ?? wanted.virtualAddresses
        wanted.generation = mastership.snapshot.highest.generation
        try MembershipFile.write(wanted, to: configuration.membershipPath)
        membership.withLockedValue { $0 = wanted }
        try await supervisor.reload()
    }

    /// Tells the master every second how this node is doing.
    func report() async {
        var monitor = HostMonitor(interface: configuration.interface, folder: configuration.data)
        var offset: Double? = nil
        repeat {
            do {
                let report = try makeReport(&monitor, offset: offset)
                offset = try await deliver(report)
            } catch {
                logger.debug("the report did not reach the master", metadata: ["error": "\(error)"])
            }
        } while await Pause.survived(HeartbeatBook.interval)
    }

    private func makeReport(_ monitor: inout HostMonitor, offset: Double?) throws -> NodeReport {
        let sample = try monitor.sample()
        let resources = NodeResources(
            cpuPercent: sample.cpuPercent, memoryUsedBytes: sample.memory.total - sample.memory.available,
            memoryTotalBytes: sample.memory.total,
            pressure: Pressure(cpu: sample.cpuPressure, memory: sample.memoryPressure, io: sample.ioPressure),
            diskUsedBytes: sample.diskUsed, diskTotalBytes: sample.diskTotal,
            receiveBytesPerSecond: sample.receivedPerSecond, transmitBytesPerSecond: sample.sentPerSecond,
            clockOffsetMilliseconds: offset)
        let place = membership.withLockedValue { $0 }
        return NodeReport(
            name: configuration.name, address: configuration.address.address, role: place.role, sentAt: .now,
            resources: resources, versions: Versions.all, raft: place.role == .spare ? nil : place.raft,
            domain: configuration.domain, hardware: licenseMemory.withLockedValue { $0.ownPrint?.parts },
            streams: streams.withLockedValue { $0.statuses(at: BootClock.now) },
            isStanding: isStanding.withLockedValue { $0 })
    }

    /// - Returns: how far this node's clock is from the master's, in milliseconds, by halving the way (Cristian 1989).
    private func deliver(_ report: NodeReport) async throws -> Double? {
        guard let master = knownMaster else { return nil }
        if master == node {
            take(report, from: node)
            return 0
        }
        guard let record = view.withLockedValue({ $0.node(master) }) else { return nil }
        let sent = Timestamp.now
        let answer = try await peers.heartbeat(report, to: record.address)
        heardTurn(answer)
        if let seconds = answer.locateSeconds { makeKnown(seconds: seconds) }
        let middle = (sent.milliseconds + Timestamp.now.milliseconds) / 2
        return Double(middle - answer.receivedAt.milliseconds)
    }

    /// Stands for master only while everything that a master needs is there.
    func judgeStanding() async {
        var mayVote = false
        repeat {
            let role = membership.withLockedValue { $0.role }
            // What is master votes; it is asked again once it is not.
            if mastership.snapshot.tenure == nil { mayVote = !(await store.isLocalLearner()) }
            let isDrained = view.withLockedValue { $0.node(node)?.isDrained == true }
            let isFit = role == .voter && !isDrained && vip.isConnected && mayVote && !disk.isStalled(at: BootClock.now)
            let wasFit = isStanding.withLockedValue { standing in
                defer { standing = isFit }
                return standing
            }
            if isFit != wasFit { mastership.post(.standingChanged(isFit)) }
        } while await Pause.survived(.milliseconds(500))
    }

    /// Times a flush every second: for the profile, and to know whether this node could be master.
    func watchDisk() async {
        repeat {
            do {
                disk.begins(at: BootClock.now)
                let span = try await SyncProbe.measure(in: configuration.data)
                disk.ended(after: span)
                use(pace.step(.synced(span), at: BootClock.now))
            } catch {
                if disk.failed() { logger.error("this node does not stand for master: \(error)") }
            }
        } while await Pause.survived(.seconds(1))
    }

    /// What the VIP manager says.
    func heard(_ event: AddressEvent) {
        switch event {
        case .connected, .disconnected: logger.info("VIP manager: \(event)")
        case .said(.held(let epoch, let since)):
            let finished = progress.withLockedValue { progress in
                progress.heldEpoch = epoch
                return progress.timeline.held(epoch, at: since)
            }
            if let finished { tell(finished) }
        case .said(.dropped):
            progress.withLockedValue { $0.heldEpoch = nil }
            mastership.post(.vacated)
        case .said(.refused(let reason)): journal.record(.vipRefused, ["reason": reason])
        case .said(.conflict(let address, let other)):
            journal.record(.vipConflict, ["address": "\(address)", "mac": "\(other)"])
        case .said(.link(let interface, let isUp)):
            journal.record(isUp ? .linkUp : .linkDown, ["interface": interface])
        case .said(.probed), .said(.pong): return
        }
    }
}
