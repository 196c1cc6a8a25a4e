import MastershipCore
import Primitives

/// etcd as its clients see it: one linearizable key whose changes need a leader that reaches a majority.
struct StoreModel {
    /// A request on its way. It is applied at most once, possibly long after its sender gave up.
    struct Request {
        enum Kind {
            case read
            case swap(id: UInt64, MasterRecord, over: Int64, gate: MastershipCore.GateUse)
            case shutGate(id: UInt64, over: Int64)
            case openGate(id: UInt64, over: Int64)
        }

        let node: Int
        let clusterLife: Int
        let storeLife: Int
        let member: Int
        let kind: Kind
        /// The leadership under which it was proposed.
        var term = 0
    }

    struct Snapshot {
        let revision: Int64
        let key: Observation
        let gate: Int64
    }

    var revision: Int64 = 1
    var key = Observation(record: nil, revision: 0)
    /// The gate's modification revision; 0: shut.
    var gate: Int64 = 0
    let checksGate: Bool
    /// All values of the key since the founding, in order.
    var history: [Observation] = []
    var leader: Int?
    var term = 0
    var isElectionPending = false
    /// Requests that found no leader able to commit them.
    var waiting: [Request] = []
    var noSpaces = 0
    /// One more with every restore from a backup.
    var life = 0
    var election: Span

    init(election: Span, checksGate: Bool) {
        self.election = election
        self.checksGate = checksGate
    }

    /// - Returns: whether the swap went through.
    mutating func swap(_ record: MasterRecord, over: Int64, gate use: MastershipCore.GateUse) -> Bool {
        guard key.revision == over else { return false }
        if case .mustBe(let wanted) = use, wanted != gate, checksGate { return false }
        revision += 1
        if case .open = use { gate = revision }
        key = Observation(record: record, revision: revision)
        history.append(key)
        return true
    }

    /// - Returns: whether the key is as asked; the gate is shut then.
    mutating func shutGate(over: Int64) -> Bool {
        guard key.revision == over else { return false }
        if gate != 0 { revision += 1 }
        gate = 0
        return true
    }

    /// - Returns: whether the key is as asked and the gate was shut; it is open then.
    mutating func openGate(over: Int64) -> Bool {
        guard key.revision == over, gate == 0 else { return false }
        revision += 1
        gate = revision
        return true
    }

    /// What a read shows.
    var current: Observation { Observation(record: key.record, revision: key.revision, gate: gate) }

    var snapshot: Snapshot { Snapshot(revision: revision, key: key, gate: gate) }

    mutating func restore(_ snapshot: Snapshot) {
        revision = snapshot.revision
        key = snapshot.key
        gate = snapshot.gate
        history = [key]
        leader = nil
        term += 1
        isElectionPending = false
        waiting = []
        noSpaces = 0
        life += 1
    }
}

/// Storage outside of the cluster that keeps one number and checks the epoch of whoever writes it, and the order of one
/// writer's requests.
struct GuardedStoreModel {
    enum Request {
        case read
        case write(Int)
    }

    let checksEpoch: Bool
    private(set) var value = 0
    private(set) var gate = EpochGate()
    private var lastEpoch = Epoch.none
    private var lastSequence = 0

    init(checksEpoch: Bool) { self.checksEpoch = checksEpoch }

    /// - Returns: the value afterwards, and whether the writer had been deposed as far as this storage could know;
    ///   nil when the request is refused.
    mutating func perform(_ request: Request, epoch: Epoch, sequence: Int) -> (value: Int, wasDeposed: Bool)? {
        let wasDeposed = epoch < gate.highest
        do {
            try gate.admit(FencingToken(epoch))
        } catch {
            if checksEpoch { return nil }
        }
        if epoch == lastEpoch, sequence <= lastSequence { return nil }
        lastEpoch = epoch
        lastSequence = sequence
        if case .write(let next) = request { value = next }
        return (value, wasDeposed)
    }
}
