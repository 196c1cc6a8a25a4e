import APIProtocol
import AlarmCore
import ConfigurationCore
import Identity
import Logging
import MastershipCore
import MembershipCore
import MetricsCore
import NIOConcurrencyHelpers
import NIOPosix
import Primitives
import SetupCore
import StreamProtocol

/// One member of a running cluster, as its parts see each other: what they share, and nothing that decides. Decisions
/// are made in the cores, and by level in the loops of the other files.
final class ClusterMember: Sendable {
    let configuration: NodeConfiguration
    let identity: NodeIdentity
    let store: ClusterStore
    let supervisor: SupervisorLink
    let peers: PeerClient
    let journal: EventJournal
    let probes: NetworkProbes
    let audit: AuditJournal
    let logger: Logger

    /// Of the wizard that founded this cluster from here; nil: none is left.
    let setupSessions: NIOLockedValueBox<SetupSessions?>
    let membership: NIOLockedValueBox<LocalMembership>
    let view = NIOLockedValueBox(ClusterView())
    let book: NIOLockedValueBox<HeartbeatBook>
    let progress = NIOLockedValueBox(Progress())
    let pace = Pace()
    let duties = MasterDuties()
    let disk = DiskWatch()
    let licenseMemory = NIOLockedValueBox(LicenseMemory())
    let access: AccessState
    let notifications = NotificationDesk()
    /// As master: jobs that are not at their end.
    let running = NIOLockedValueBox<[StoredJob]>([])
    let metrics = NIOLockedValueBox(MetricsHistory())
    let streams = NIOLockedValueBox(StreamMemory())
    /// Whether this node would take over if it were asked to.
    let isStanding = NIOLockedValueBox(false)
    /// As master: those that are raised.
    let alarms = NIOLockedValueBox<[MachineID: [Alarm]]>([:])
    /// Set once while the member is put together, before anything runs.
    let parts = NIOLockedValueBox<Parts?>(nil)

    /// How far the takeover that is under way has come, and what is held.
    struct Progress: Sendable {
        var timeline = FailoverTimeline()
        var heldEpoch: Epoch? = nil
        var mastershipSince: Timestamp? = nil
        /// What the last master's record said when this node took over.
        var previous: MasterRecord? = nil
        /// Reports come every second; the event about a second machine with one identity comes once a minute.
        var twinsDueAt = Instant(nanoseconds: 0)
        /// As master: whose etcd is to be restarted now.
        var raftTurn: (node: NodeID, timing: LocalMembership.RaftTiming)? = nil
        /// As master: who is to make itself known, for so many seconds; gone once it was told.
        var locating: [NodeID: Int] = [:]
        /// As a voter: what the master wants this node's etcd to run with.
        var raftWanted: LocalMembership.RaftTiming? = nil
    }

    struct Parts: Sendable {
        let mastership: MastershipLoop
        let vip: VIPManagerLink
    }

    init(
        configuration: NodeConfiguration, identity: NodeIdentity, membership: LocalMembership, store: ClusterStore,
        supervisor: SupervisorLink, peers: PeerClient, journal: EventJournal, audit: AuditJournal,
        book: HeartbeatBook, access: AccessState = AccessState(), setupSessions: SetupSessions? = nil,
        logger: Logger
    ) {
        self.configuration = configuration
        self.identity = identity
        self.membership = NIOLockedValueBox(membership)
        self.store = store
        self.supervisor = supervisor
        self.peers = peers
        self.journal = journal
        self.audit = audit
        self.access = access
        self.book = NIOLockedValueBox(book)
        probes = NetworkProbes(configuration: configuration, group: MultiThreadedEventLoopGroup.singleton)
        self.setupSessions = NIOLockedValueBox(setupSessions)
        self.logger = logger
    }

    var node: NodeID { identity.node }

    var mastership: MastershipLoop {
        guard let parts = parts.withLockedValue({ $0 }) else { preconditionFailure("asked before it was put together") }
        return parts.mastership
    }

    var vip: VIPManagerLink {
        guard let parts = parts.withLockedValue({ $0 }) else { preconditionFailure("asked before it was put together") }
        return parts.vip
    }

    /// The master as the newest record has it; nil when there is none or it was released.
    var knownMaster: NodeID? {
        guard let record = mastership.snapshot.seen?.record, case .held = record.claim else { return nil }
        return record.node
    }

    /// - Throws: `notMaster` with the master's addresses, or `noMaster`.
    func requireMastership() throws -> Epoch {
        let snapshot = mastership.snapshot
        if let epoch = snapshot.tenure {
            guard snapshot.isConfirmed else { throw APIError(.noMaster) }
            return epoch
        }
        guard let master = knownMaster, master != node, let record = view.withLockedValue({ $0.node(master) }) else {
            throw APIError(.noMaster)
        }
        throw APIError.notMaster(
            url: Self.url(record.address, port: configuration.apiPort),
            peer: Self.url(record.address, port: configuration.clusterPort))
    }

    /// Ports are the same on every node: the cluster is configured as one.
    static func url(_ address: IPAddress, port: Int) -> String {
        let host = address.isIPv4 ? "\(address)" : "[\(address)]"
        return port == 443 ? "https://\(host)" : "https://\(host):\(port)"
    }

    /// A node that was removed keeps its certificate until it expires; its place is gone at once.
    func requireMember(_ id: NodeID) throws -> NodeID {
        let view = view.withLockedValue { $0 }
        guard view.readAt == nil || view.node(id) != nil else { throw APIError(.unknownNode, ["node": id.text]) }
        return id
    }

    func name(of id: NodeID) -> String { view.withLockedValue { $0.node(id)?.name } ?? id.text }
}
