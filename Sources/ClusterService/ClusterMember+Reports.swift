import APIProtocol
import ConfigurationCore
import Linux
import Logging
import MastershipCore
import NIOConcurrencyHelpers
import Primitives

/// What the mastership loop tells, and what is made of it: history, duties, events.
extension ClusterMember {
    func hooks() -> MastershipLoop.Hooks {
        MastershipLoop.Hooks(
            startServices: { epoch in
                self.duties.start(epoch, of: self)
                let now = BootClock.now
                if let finished = self.progress.withLockedValue({ $0.timeline.serviceReady(epoch, at: now) }) {
                    self.tell(finished)
                }
            },
            stopServices: { self.duties.stop() },
            remember: { epoch in EpochFile.remember(epoch, at: self.configuration.epochPath, logger: self.logger) },
            report: { report, now in self.heard(report, at: now) },
            wrote: { record, sentAt, acknowledged, now in
                self.use(self.pace.renewal(of: record.timing, sentAt: sentAt, acknowledged: acknowledged, at: now))
            })
    }

    private func heard(_ report: MastershipCore.Report, at now: Instant) {
        switch report {
        case .contending(let lapse):
            progress.withLockedValue { progress in
                progress.previous = lapse.previous
                progress.timeline.contending(lapse)
            }
        case .tookOver(let epoch):
            book.withLockedValue { $0 = HeartbeatBook(openedAt: now) }
            progress.withLockedValue { progress in
                progress.mastershipSince = .now
                progress.timeline.tookOver(epoch, at: now)
            }
        case .lost(let epoch, let reason):
            journal.record(.gaveUp, ["epoch": "\(epoch)", "reason": sentence(reason)])
        case .released(let epoch, let successor):
            let reason = successor.map { "handed over to \(name(of: $0))" } ?? "handed over"
            journal.record(.gaveUp, ["epoch": "\(epoch)", "reason": reason])
        case .storeWentBackwards(let seen, let highest):
            journal.record(.storeWentBackwards, ["seen": "\(seen)", "highest": "\(highest)"])
        }
    }

    private func sentence(_ reason: MastershipCore.LossReason) -> String {
        switch reason {
        case .deadlinePassed: "its renewals were not answered in time"
        case .deposed(let other): "replaced by \(other.map { name(of: $0) } ?? "another node")"
        case .handedOver: "handed over"
        }
    }

    /// A takeover is complete: into the history, guarded by its own epoch.
    func tell(_ finished: FailoverTimeline.Finished) {
        let failover = Failover(finished, to: node)
        view.withLockedValue { $0.lastFailover = failover }
        journal.record(.tookOver, ["epoch": "\(finished.epoch)", "cause": finished.cause.rawValue])
        Task {
            do {
                try await store.change(
                    [.put(failover, at: ClusterKeys.failover(finished.epoch))], by: finished.epoch)
            } catch {
                logger.warning("the failover is missing in the history", metadata: ["error": "\(error)"])
            }
        }
    }
}

extension Failover {
    init(_ finished: FailoverTimeline.Finished, to node: NodeID) {
        func milliseconds(_ span: Span) -> Double { Double(span.microseconds) / 1_000 }
        self.init(
            epoch: "\(finished.epoch)", from: finished.from, to: node, cause: finished.cause,
            detectedMilliseconds: milliseconds(finished.detected), decidedMilliseconds: milliseconds(finished.decided),
            vipMovedMilliseconds: milliseconds(finished.vipMoved),
            serviceReadyMilliseconds: milliseconds(finished.serviceReady),
            totalMilliseconds: milliseconds(finished.total), at: .now)
    }
}
