import APIProtocol
import ConfigurationCore
import Linux
import Logging
import MastershipCore
import MembershipCore
import NIOConcurrencyHelpers
import Primitives
import ProfileCore

/// Answers about how things are; from memory, but for the master's word on the others.
extension ClusterMember {
    func health() async throws -> Health {
        let (isMaster, view) = (mastership.snapshot.tenure != nil, view.withLockedValue { $0 })
        var problems: [String] = []
        if !vip.isConnected { problems.append("The VIP manager does not answer.") }
        if let readAt = view.readAt, BootClock.now - readAt > .seconds(10) {
            problems.append("The cluster's store has not answered for 10 s.")
        }
        return Health(healthy: problems.isEmpty, stage: .member, isMaster: isMaster, problems: problems)
    }

    func master() async throws -> MasterAnswer {
        let snapshot = mastership.snapshot
        return MasterAnswer(
            node: node, name: configuration.name, epoch: "\(snapshot.tenure ?? snapshot.seen?.epoch ?? .none)",
            isSelf: snapshot.tenure != nil, master: snapshot.tenure != nil ? node : knownMaster)
    }

    /// The master knows how the others are; when it does not answer, what this node knows itself.
    func status() async throws -> ClusterStatus {
        // Another node's question is answered here: two nodes that each take the other for the master must not loop.
        if case .node = Caller.current { return localStatus() }
        if let master = knownMaster, master != node, let record = view.withLockedValue({ $0.node(master) }) {
            do {
                var status = try await peers.status(of: record.address)
                status.node = thisNode
                return status
            } catch {
                logger.debug("the master did not answer for its status", metadata: ["error": "\(error)"])
            }
        }
        return localStatus()
    }

    private var thisNode: ThisNode {
        ThisNode(id: node, name: configuration.name, address: configuration.address.address)
    }

    private func localStatus() -> ClusterStatus {
        let view = view.withLockedValue { $0 }
        let settings = currentSettings
        let timing = mastership.snapshot.seen?.record?.timing ?? view.activeProfile.timing
        func milliseconds(_ span: Span) -> Double { Double(span.microseconds) / 1_000 }
        return ClusterStatus(
            clusterName: membership.withLockedValue { $0.clusterName }, stage: .member, node: thisNode,
            master: masterStatus(view),
            vip: VIPStatus(
                addresses: settings.vip, holder: holder,
                url: settings.vip.first.map { Self.url($0.address, port: configuration.apiPort) }),
            nodes: view.nodes.map { nodeStatus($0) }, etcd: view.etcd,
            profile: ProfileStatus(
                chosen: settings.profile, active: ProfileChoice(view.activeProfile),
                renewMilliseconds: milliseconds(timing.renew), fenceMilliseconds: milliseconds(timing.fence),
                takeMilliseconds: milliseconds(timing.take), reason: view.profile?.reason),
            lastFailover: view.lastFailover)
    }

    /// Only this node's own holding is certain; another's is what its record claims.
    private var holder: NodeID? {
        if progress.withLockedValue({ $0.heldEpoch }) != nil { return node }
        return knownMaster == node ? nil : knownMaster
    }

    private func masterStatus(_ view: ClusterView) -> MasterStatus? {
        guard let id = mastership.snapshot.tenure != nil ? node : knownMaster else { return nil }
        let since = id == node ? progress.withLockedValue { $0.mastershipSince } : view.lastFailover?.at
        let record = view.node(id)
        return MasterStatus(
            node: id, name: record?.name ?? id.text, epoch: "\(mastership.snapshot.seen?.epoch ?? .none)",
            since: since ?? .now, url: record.map { Self.url($0.address, port: configuration.apiPort) })
    }

    func nodeStatus(_ record: NodeRecord) -> NodeStatus {
        let now = BootClock.now
        let isMaster = mastership.snapshot.tenure != nil
        let (last, state) = book.withLockedValue { ($0.last(of: record.id), $0.state(of: record.id, at: now)) }
        return NodeStatus(
            id: record.id, name: record.name, address: record.address, role: record.assigned,
            state: record.id == node ? .online : isMaster ? state : .unknown,
            isMaster: record.id == (isMaster ? node : knownMaster),
            lastHeardMilliseconds: last.map { (now - $0.heardAt).milliseconds }, resources: last?.report.resources,
            versions: last?.report.versions ?? [:], domain: last?.report.domain, drained: record.isDrained)
    }
}
