import APIProtocol
import ConfigurationCore
import Linux
import Logging
import MastershipCore
import MembershipCore
import NIOConcurrencyHelpers
import NotificationCore
import Primitives

/// What only a master does: started with the first guarded transaction of an epoch, stopped when mastership ends. Each
/// write below is guarded by the epoch, so one that is still on its way when it ends does no harm.
final class MasterDuties: Sendable {
    private let task = NIOLockedValueBox<Task<Void, Never>?>(nil)

    func start(_ epoch: Epoch, of member: ClusterMember) {
        let next = Task {
            await member.importFounding(in: epoch)
            await withTaskGroup(of: Void.self) { group in
                group.addTask { await member.arrangeVoters(in: epoch) }
                group.addTask { await member.keepLeaderHere() }
                group.addTask { await member.watchSilence() }
                group.addTask { await member.trimHistory(in: epoch) }
                group.addTask { await member.followPace(in: epoch) }
                group.addTask { await member.rollOutRaft() }
                group.addTask { await member.keepLicense(in: epoch) }
                group.addTask { await member.keepWebIdentity(in: epoch) }
                group.addTask { await member.tidyAccess(in: epoch) }
                group.addTask { await member.deliverNotifications(in: epoch) }
                group.addTask { await member.followJobs(in: epoch) }
                group.addTask { await member.placeStreams(in: epoch) }
                group.addTask { await member.watchAlarms(in: epoch) }
            }
        }
        task.withLockedValue { task in
            task?.cancel()
            task = next
        }
    }

    func stop() {
        task.withLockedValue { task in
            task?.cancel()
            task = nil
        }
    }
}

extension ClusterMember {
    /// Keeps the raft leader on the master's node: then the loss of any other node costs nothing, and after the loss
    /// of this one the raft election runs while the others still wait.
    func keepLeaderHere() async {
        var wait = Span.milliseconds(200)
        while await Pause.survived(wait) {
            wait = .seconds(5)
            do {
                try await store.placeLeader(at: configuration.address.address)
            } catch {
                logger.debug("the raft leader stays where it is", metadata: ["error": "\(error)"])
            }
        }
    }

    /// One event when a node falls silent and one when it is back, by comparing what is with what was told.
    func watchSilence() async {
        var told: Set<NodeID> = []
        while await Pause.survived(.seconds(1)) {
            let nodes = view.withLockedValue { $0.nodes }
            for plan in planNodes(nodes) {
                let isSilent = plan.silentFor > HeartbeatBook.silentAfter
                if isSilent, told.insert(plan.id).inserted {
                    journal.record(
                        .nodeSilent, about: plan.id,
                        ["other": name(of: plan.id), "seconds": "\(plan.silentFor.milliseconds / 1_000)"])
                } else if !isSilent, told.remove(plan.id) != nil {
                    journal.record(.nodeBack, about: plan.id, ["other": name(of: plan.id)])
                }
            }
        }
    }

    /// The store is for what is current; this many of the newest stay.
    func trimHistory(in epoch: Epoch) async {
        while await Pause.survived(.seconds(60)) {
            do {
                // What still has to be delivered stays; while that is not known, much more than else.
                let waiting = notifications.core?.pendingSequences
                try await store.trim(
                    ClusterKeys.events, keeping: waiting == nil ? 4_000 : 1_000, sparing: Set(waiting ?? []),
                    by: epoch)
                try await store.trim(ClusterKeys.failovers, keeping: 200, by: epoch)
                try await store.trim(ClusterKeys.jobs, keeping: 100, by: epoch)
                try await trimAnswers(by: epoch)
            } catch {
                logger.debug("trimming the history will be tried again", metadata: ["error": "\(error)"])
            }
        }
    }
}
