import Etcd
import Linux
import Logging
import MastershipCore
import MembershipCore
import NIOConcurrencyHelpers
import NIOCore
import Primitives
import ProfileCore

extension ClusterMember {
    private static let stepDownLimit = Span.seconds(2)

    /// Before the end: a master hands over to whoever is first, and waits until its record is released.
    func stepDown() async {
        guard mastership.snapshot.tenure != nil else { return }
        mastership.post(.handOverRequested(to: nil))
        let start = BootClock.now
        while BootClock.now - start < Self.stepDownLimit {
            if let record = mastership.snapshot.seen?.record {
                if record.node != node { return }
                if case .released = record.claim { return }
            }
            guard await Pause.survived(.milliseconds(5)) else { return }
        }
        logger.warning("mastership was not released in time; the others take over by themselves")
    }

    /// How late the thread that holds the deadline wakes up, all the time.
    func measureWakeUps(on eventLoop: any EventLoop, _ executor: EventLoopTaskExecutor) async {
        let interval = Span.milliseconds(100)
        await withTaskExecutorPreference(executor) {
            while true {
                let due = BootClock.now + interval
                do {
                    try await eventLoop.scheduleTask(in: .nanoseconds(interval.nanoseconds)) {}.futureResult.get()
                } catch {
                    return
                }
                if Task.isCancelled { return }
                let now = BootClock.now
                use(pace.step(.woke(late: now - due), at: now))
            }
        }
    }

    /// The store's members change; its clients must know the new ones.
    func followVoters(_ clients: EtcdClient...) async {
        while await Pause.survived(.seconds(5)) {
            let (role, nodes) = (membership.withLockedValue { $0.role }, view.withLockedValue { $0.nodes })
            let others = nodes.filter { $0.assigned != .spare && $0.id != node }.map {
                EtcdEndpoint(address: $0.address)
            }
            let endpoints = (role == .spare ? [] : [EtcdEndpoint.loopback]) + others
            guard !endpoints.isEmpty else { continue }
            for client in clients { client.replaceEndpoints(endpoints) }
        }
    }
}
