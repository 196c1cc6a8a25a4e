import MastershipCore
import Primitives
import ProfileCore
import VIPCore

/// One machine: its power, clock, kernel, file of the highest epoch, and its processes.
final class NodeModel {
    /// A process that can be killed (its life ends) and stopped (it does nothing until it is continued).
    struct Process {
        var isRunning = false
        /// Counted, because faults overlap: stopped while above zero.
        var stops = 0
        /// One more with every start and every death: what was meant for an earlier life is void.
        var life = 0

        var runs: Bool { isRunning && stops == 0 }
    }

    /// keelson-clusterd around the real core.
    struct Cluster {
        var process = Process()
        var core: MastershipCore?
        /// What arrived while it was stopped.
        var mailbox: [MastershipCore.Event] = []
        var wakeVersion = 0
        /// The etcd member that it asks; the next one after a failure.
        var endpoint = 0
        var openWrite: UInt64 = 0
        var openWriteSentAt = Instant(nanoseconds: 0)
        var lastAcknowledgedSentAt: Instant?
        var profile: ProfileCore?
        /// What it wants to change to, once that is written.
        var wantedProfile: Profile?
        /// It is to be stopped for this long as soon as it has sent its next write.
        var stopInMidWrite: (fault: Fault, span: Span)?
        /// The number of its connection to vipd: its life.
        var client = 0
        /// What it asked vipd to hold last.
        var heldEpoch = Epoch.none
        var awaitsDrop = false
        var passesProbes = true
        /// Which founding of the store it belongs to: after a restore the old ones talk to nobody.
        var storeLife = 0
    }

    /// keelson-vipd around the real core.
    struct VIP {
        var process = Process()
        var core: VIPCore?
        var mailbox: [VIPCore.Event] = []
        var wakeVersion = 0
        /// The last request arrives then: the next one not before.
        var notBefore = Instant(nanoseconds: 0)
    }

    /// What runs on the master only, and writes to the guarded storage.
    struct Service {
        var epoch: Epoch?
        /// The register's value as of the last answer of the storage; nil while unknown.
        var value: Int?
        var sequence = 0
        var queue: [ClientOperation] = []
        var current: ClientOperation?
        var isLoading = false
        /// Rises with every start, stop and storage request, so that an outdated answer is recognized.
        var version = 0
    }

    /// The stream of changes of the key.
    struct Stream {
        var member = 0
        var next = 0
        var notBefore = Instant(nanoseconds: 0)
        var stalledUntil = Instant(nanoseconds: 0)
        var life = 0
    }

    let index: Int
    let identity: NodeID
    /// False for a witness.
    let canBeMaster: Bool
    var clock: NodeClock
    var isPowered = false
    /// Counted: stunned while above zero.
    var stuns = 0
    /// It was stunned while it held the address: only epochs protect until it lets go.
    var isExcused = false
    var stunCount = 0
    /// What the checks were told last.
    var answered = false
    /// It gives the address up on purpose: the next one need not wait.
    var isHandingOver = false
    /// Counted: the services of the master do nothing while above zero.
    var serviceStops = 0
    var kernel: KernelModel
    var cluster = Cluster()
    var vip = VIP()
    var etcd = Process()
    /// Counted: etcd's disk does not answer while above zero.
    var diskStalls = 0
    /// How late processes wake up, at most, because other work keeps the machine busy.
    var load = Span.zero
    var service = Service()
    var stream = Stream()
    /// The durable file.
    var highest = Epoch.none
    var generation: UInt64 = 1

    init(index: Int, canBeMaster: Bool, drift: Int64, hasFence: Bool) {
        self.index = index
        self.canBeMaster = canBeMaster
        guard let identity = NodeID("000000000000000\(index)") else { preconditionFailure("at most ten nodes") }
        self.identity = identity
        clock = NodeClock(drift: drift, bootedAt: Instant(nanoseconds: 0))
        kernel = KernelModel(hasFence: hasFence)
    }

    var isAwake: Bool { isPowered && stuns == 0 }
    var answers: Bool { isAwake && kernel.isOpen }
    var runsCluster: Bool { isAwake && cluster.process.runs }
    var runsVIP: Bool { isAwake && vip.process.runs }
    var runsService: Bool { isAwake && serviceStops == 0 }
    var runsEtcd: Bool { isAwake && etcd.runs && diskStalls == 0 }
}

/// A client's request for the register behind the address.
struct ClientOperation {
    let client: Int
    let number: Int
    let isWrite: Bool
}
