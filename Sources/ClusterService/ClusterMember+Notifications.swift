import APIProtocol
import ConfigurationCore
import Delivery
import Linux
import Logging
import MembershipCore
import NIOConcurrencyHelpers
import NIOPosix
import NotificationCore
import Primitives

/// The targets of notifications, on the master.
extension ClusterMember {
    /// Delivers events to the targets while this node is master in that epoch.
    func deliverNotifications(in epoch: Epoch) async {
        let (courier, journal) = (courier, journal)
        let surroundings = NotificationDesk.Surroundings(
            store: store, epoch: epoch, deliver: { await courier.attempt($0, to: $1) },
            lost: { journal.record(.notificationLost, ["target": $0, "reason": $1]) })
        repeat {
            do {
                try await notifications.run(surroundings)
            } catch {
                // A store that does not answer is nothing new; anything else somebody must look at.
                let level: Logger.Level = error is APIError || error is CancellationError ? .debug : .warning
                logger.log(level: level, "notifications wait for the store", metadata: ["error": "\(error)"])
            }
        } while await Pause.survived(.seconds(2))
    }

    private var courier: Courier {
        Courier(cluster: membership.withLockedValue { $0.clusterName }, group: MultiThreadedEventLoopGroup.singleton)
    }

    func notificationTargets() async throws -> NotificationTargets {
        let core = try requireDesk()
        let stored = try await store.get(StoredTargets.self, at: ClusterKeys.notifications)
        return NotificationTargets(targets: (stored?.value.targets ?? []).map { shown($0, core) })
    }

    func putNotificationTarget(_ id: String, _ request: NotificationTargetRequest) async throws -> NotificationTarget {
        let epoch = try requireMastership()
        let core = try requireDesk()
        for (field, ca) in [
            ("smtp.ca", request.smtp?.ca), ("webhook.ca", request.webhook?.ca), ("syslog.ca", request.syslog?.ca),
        ] {
            if let ca, !TrustedAuthority.isReadable(ca) { throw APIError.invalid(field, clause: "certificates") }
        }
        let (_, revision) = try await store.events()
        let target = try await changeTargets(by: epoch, also: []) { (targets) throws(APIError) in
            let old = targets.firstIndex { $0.id == id }
            guard old != nil || targets.count < Self.mostTargets else {
                throw .invalid("id", clause: "oneTooMany", ["high": "\(Self.mostTargets)"])
            }
            let target = try StoredTarget(id, request, over: old.map { targets[$0] }, at: revision)
            if let old { targets[old] = target } else { targets.append(target) }
            targets.sort { $0.id < $1.id }
            return target
        }
        journal.record(.notificationChanged, ["who": "\(Caller.current)", "target": id])
        return shown(target, core)
    }

    func deleteNotificationTarget(_ id: String) async throws {
        let epoch = try requireMastership()
        try await changeTargets(by: epoch, also: [.delete(ClusterKeys.notified(id))]) { (targets) throws(APIError) in
            guard let index = targets.firstIndex(where: { $0.id == id }) else {
                throw APIError(.unknownTarget, ["target": id])
            }
            targets.remove(at: index)
        }
        journal.record(.notificationRemoved, ["who": "\(Caller.current)", "target": id])
    }

    func testNotificationTarget(_ id: String) async throws -> NotificationTestAnswer {
        _ = try requireMastership()
        let stored = try await store.get(StoredTargets.self, at: ClusterKeys.notifications)
        guard let target = stored?.value.targets.first(where: { $0.id == id }) else {
            throw APIError(.unknownTarget, ["target": id])
        }
        let event = EventKind.notificationTest.event(
            sequence: Timestamp.now.milliseconds, about: node, ["who": "\(Caller.current)", "node": configuration.name])
        let start = BootClock.now
        func milliseconds() -> Double { Double((BootClock.now - start).microseconds) / 1_000 }
        do throws(DeliveryFailure) {
            try await courier.deliver([.init(event)], to: target, isTest: true)
            return NotificationTestAnswer(delivered: true, milliseconds: milliseconds())
        } catch {
            return NotificationTestAnswer(
                delivered: false, error: "The test message was not delivered: \(error).", milliseconds: milliseconds())
        }
    }

    func undeliveredNotifications() async throws -> [UndeliveredNotification] {
        let core = try requireDesk()
        let (wall, now) = (Timestamp.now, BootClock.now)
        return core.undelivered.map { entry in
            UndeliveredNotification(
                target: entry.target, event: entry.event, attempts: entry.attempts, lastError: entry.reason,
                nextAttempt: entry.next.map { wall.adding($0 - now) })
        }
    }

    /// Targets at one time.
    private static let mostTargets = 16

    private func requireDesk() throws -> NotificationCore {
        _ = try requireMastership()
        guard let core = notifications.core else { throw APIError(.noMaster) }
        return core
    }

    private func shown(_ target: StoredTarget, _ core: NotificationCore) -> NotificationTarget {
        target.shown(core.state(of: target.id) ?? NotificationState(pending: 0, delivered: 0, failed: 0))
    }

    @discardableResult
    private func changeTargets<Value>(
        by epoch: Epoch, also: [Change], _ edit: (inout [StoredTarget]) throws(APIError) -> Value
    ) async throws -> Value {
        let stored = try await store.get(StoredTargets.self, at: ClusterKeys.notifications)
        var all = stored?.value ?? StoredTargets()
        let value = try edit(&all.targets)
        let condition: Condition =
            stored.map { .unchanged(ClusterKeys.notifications, $0.modified) } ?? .absent(ClusterKeys.notifications)
        try await store.change([.put(all, at: ClusterKeys.notifications)] + also, if: [condition], by: epoch)
        notifications.use(all.targets)
        return value
    }
}

extension Courier {
    fileprivate func attempt(
        _ items: [NotificationCore.Item], to target: StoredTarget
    ) async -> NotificationCore.Event {
        do throws(DeliveryFailure) {
            try await deliver(items, to: target)
            return .delivered(target: target.id, at: .now)
        } catch {
            return .failed(target: target.id, reason: error.description)
        }
    }
}
