import MastershipCore
import Primitives
import ProfileCore

/// A whole cluster with its machines, network, store, storage and clients, in one thread and one order of events:
/// the real `MastershipCore`, `VIPCore` and `ProfileCore` against models of everything else. One seed is one history.
final class World {
    let plant: Plant?
    var trace: [String]?
    var now = Instant(nanoseconds: 0)
    var timeline = Timeline<Happening>()
    var random: SeededRandom
    let nodes: [NodeModel]
    var network: NetworkModel
    var store: StoreModel
    var storage: GuardedStoreModel
    var clients: [ClientModel]
    var checks = Checks()
    var outages = OutageMeter()
    let profile: Profile

    // The plan
    var isOver = false
    var phase = Phase.quiet
    /// Rises when everything is healed: the ends of earlier faults are void.
    var era = 0
    var activeFaults = 0
    var lastDisturbance = Instant(nanoseconds: 0)
    var snapshot: StoreModel.Snapshot?
    /// The longest wait that any timing in use may have asked for.
    var longestTake: Span
    /// Everything that the plan did, for people.
    var script: [String] = []

    private(set) var fingerprint: UInt64 = 0xCBF2_9CE4_8422_2325
    private(set) var happened = 0

    init(seed: UInt64, plant: Plant?, isTracing: Bool) {
        self.plant = plant
        trace = isTracing ? [] : nil
        var random = SeededRandom(seed: seed)
        let count = [3, 3, 3, 3, 5, 5, 3][random.index(below: 7)]
        let hasWitness = count == 3 && random.chance(1, in: 4)
        profile = Profile.allCases[random.index(below: Profile.allCases.count)]
        nodes = (0..<count).map { index in
            NodeModel(
                index: index, canBeMaster: !(hasWitness && index == 2),
                drift: Int64.random(in: -10_000...10_000, using: &random), hasFence: plant != .noKernelFence)
        }
        network = NetworkModel(nodes: count)
        longestTake = profile.timing.take
        store = StoreModel(election: profile.raft.election, checksGate: plant != .gateUnchecked)
        storage = GuardedStoreModel(checksEpoch: plant != .epochUnchecked)
        clients = [ClientModel(), ClientModel()]
        self.random = random
    }

    /// Runs until the plan is over.
    func run() {
        begin()
        while !isOver, let (moment, happening) = timeline.next() {
            now = moment
            happened += 1
            mix(UInt64(bitPattern: moment.nanoseconds))
            handle(happening)
        }
    }

    func schedule(_ happening: Happening, after delay: Span) { timeline.schedule(happening, at: now + delay) }

    func note(_ text: @autoclosure () -> String) {
        guard trace != nil else { return }
        trace?.append("\(now.text) \(text())")
    }

    func announce(_ text: String) {
        script.append("\(now.text) \(text)")
        note("== \(text)")
    }

    /// FNV-1a over the moments of everything that happened: equal histories have equal fingerprints.
    func mix(_ value: UInt64) { fingerprint = (fingerprint ^ value) &* 0x100_0000_01B3 }

    private func handle(_ happening: Happening) {
        switch happening {
        case .arrival(let node, let life, let event): arrive(event, at: nodes[node], life: life)
        case .clusterWake(let node, let life, let version): wakeCluster(nodes[node], life: life, version: version)
        case .attemptEnd(let node, let life, let write): endAttempt(write, of: nodes[node], life: life)
        case .readEnd(let node, let life): endRead(of: nodes[node], life: life)
        case .news(let node, let life, let index): bringNews(index, to: nodes[node], streamLife: life)
        case .streamCheck: checkStreams()
        case .request(let request): arriveAtMember(request)
        case .commit(let request): commit(request)
        case .election(let term): elect(term: term)
        case .leaderTransfer(let node): transferLeader(to: node)
        case .vipArrival(let node, let life, let event): arrive(event, atVIPOf: nodes[node], life: life)
        case .vipWake(let node, let life, let version): wakeVIP(nodes[node], life: life, version: version)
        case .kernelExpiry(let node, let version): expireKernel(of: nodes[node], version: version)
        case .start(let node, let daemon, let life): start(daemon, on: nodes[node], life: life)
        default: handleOutside(happening)
        }
    }

    private func handleOutside(_ happening: Happening) {
        switch happening {
        case .clientTurn(let client): takeTurn(client)
        case .clientRequest(let node, let operation): serve(operation, on: nodes[node])
        case .clientAnswer(let operation, let value): complete(operation, with: value)
        case .clientGivesUp(let client, let number): giveUp(client: client, number: number)
        case .storageRequest(let node, let version, let request, let epoch, let sequence):
            performStorage(request, for: nodes[node], version: version, epoch: epoch, sequence: sequence)
        case .storageAnswer(let node, let version, let value):
            answerService(of: nodes[node], version: version, value: value)
        case .storageGivesUp(let node, let version): loseStorageAnswer(of: nodes[node], version: version)
        case .fault(let fault): inject(fault)
        case .faultEnd(let fault, let node, let era): end(fault, on: nodes[node], era: era)
        case .snapshot: snapshot = store.snapshot
        case .restored: restore()
        case .rejoin(let node): rejoin(nodes[node])
        case .excuseEnd(let node, let count): endExcuse(of: nodes[node], stunCount: count)
        case .planned: switchAsPlanned()
        case .choice(let node, let profile): choose(Profile.allCases[profile], on: nodes[node])
        case .phase(let phase): enter(phase)
        default: preconditionFailure("a happening that nobody handles")
        }
    }
}
