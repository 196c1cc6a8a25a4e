import CaptureProtocol
import Primitives
import ReplicationCore
import StreamProtocol

/// One protected machine and the nodes that keep its stream, in one thread and one order of events: the real
/// `SourceCore`, `ReceiverCore` and `ForwarderCore` and the real frames, against models of disks, journals and links.
/// One seed is one history.
final class ReplicationWorld {
    static let sectorsOfVolume = 256
    static let volumes = 2
    static let machine = MachineID(high: 0xFEED, low: 1)
    static let hellos = (0..<volumes).map {
        Hello.Volume(number: VolumeNumber(UInt16($0)), size: UInt64(sectorsOfVolume * 512), blockSize: 512)
    }

    let plant: ReplicationPlant?
    var trace: [String]?
    var script: [String] = []
    var now = Instant(nanoseconds: 0)
    var timeline = Timeline<ReplicationHappening>()
    var random: SeededRandom
    var network: NetworkModel
    let source: SourceModel
    let nodes: [ReplicaModel]
    let level: AcknowledgementLevel
    let settings: SourceCore.Settings
    var checks = ReplicationChecks()

    // Connections
    var wires: [Int: Wire] = [:]
    var lastWire = 0
    var flipsLeft = 0

    // The master
    var epoch: UInt64 = 1
    var assigned: [Int]
    var isPaused = false
    /// What the source knows of it.
    var sourceEpoch: UInt64 = 0
    var sourceLinks: [Int] = []

    // The loops of the source: events that came while effects were performed.
    var mailbox: [SourceCore.Event] = []
    var isStepping = false
    var unwritten: [SourceCore.Memory] = []

    // The plan
    var phase = Phase.quiet
    var era = 0
    var isOver = false
    var nextTag: UInt64 = 1
    var healedAt = Instant(nanoseconds: 0)

    private(set) var fingerprint: UInt64 = 0xCBF2_9CE4_8422_2325
    private(set) var happened = 0

    var sourcePlace: Int { network.outside }
    var sectors: Int { Self.sectorsOfVolume * Self.volumes }

    init(seed: UInt64, plant: ReplicationPlant?, isTracing: Bool) {
        self.plant = plant
        trace = isTracing ? [] : nil
        var random = SeededRandom(seed: seed ^ 0x5EED_DA7A)
        let count = random.chance(2, in: 3) ? 3 : 2
        network = NetworkModel(nodes: count)
        let sectors = Self.sectorsOfVolume * Self.volumes
        nodes = (0..<count).map { ReplicaModel(index: $0, sectors: sectors) }
        source = SourceModel(sectors: sectors)
        level = random.chance(1, in: 3) ? .durable : .replicated
        let ring = [160, 256, 512][random.index(below: 3)] << 10
        settings = SourceCore.Settings(
            // The core leaves room for the largest possible frame, which is far more than frames have here.
            ringLimit: FrameLimits.frame + ring, spoolLimit: random.chance(1, in: 2) ? FrameLimits.frame + ring : 0,
            copyBatch: 16 << 10, retry: .milliseconds(100),
            settlePause: ring > 256 << 10 ? .milliseconds(50) : .zero)
        assigned = [0, 1]
        self.random = random
    }

    func run() {
        begin()
        while !isOver, let (moment, happening) = timeline.next() {
            now = moment
            happened += 1
            mix(UInt64(bitPattern: moment.nanoseconds))
            handle(happening)
        }
    }

    func schedule(_ happening: ReplicationHappening, after delay: Span) {
        timeline.schedule(happening, at: now + delay)
    }

    func schedule(_ happening: ReplicationHappening, within least: Int64, _ most: Int64) {
        schedule(happening, after: .microseconds(Int64.random(in: least...most, using: &random)))
    }

    func note(_ text: @autoclosure () -> String) {
        guard trace != nil else { return }
        trace?.append("\(now.text) \(text())")
    }

    func announce(_ text: String) {
        script.append("\(now.text) \(text)")
        note("== \(text)")
    }

    func mix(_ value: UInt64) { fingerprint = (fingerprint ^ value) &* 0x100_0000_01B3 }

    private func handle(_ happening: ReplicationHappening) {
        switch happening {
        case .clientTurn: takeClientTurn()
        case .intentNoted(let life, let write): if life == source.life { noteIntent(write) }
        case .writeDone(let life, let write): if life == source.life { complete(write) }
        case .flushDone(let life): if life == source.life { completeFlush() }
        case .frameDue(let life, let version):
            if life == source.life, version == source.frameVersion { closeFrame() }
        case .source(let life, let event): if life == source.life { tell(event) }
        case .sourceWake(let life, let version):
            if life == source.life, version == source.wakeVersion { tell(.wake) }
        case .sourceStart: startSource()
        case .settled(let life, let mark): if life == source.life { settle(mark) }
        case .copyEndFlushed(let life): if life == source.life { endCopy() }
        case .opened(let wire): opened(wire)
        case .notOpened(let wire): notOpened(wire)
        case .delivery(let wire, let isToCallee, let parcel): deliver(parcel, over: wire, isToCallee: isToCallee)
        case .broken(let wire): breakWire(wire)
        default: handleNode(happening)
        }
    }

    private func handleNode(_ happening: ReplicationHappening) {
        switch happening {
        case .receiver(let node, let life, let event): step(nodes[node], life: life, receiver: event)
        case .forwarder(let node, let life, let event): step(nodes[node], life: life, forwarder: event)
        case .receiverWake(let node, let life, let version):
            if version == nodes[node].receiverWake { step(nodes[node], life: life, receiver: .wake) }
        case .forwarderWake(let node, let life, let version):
            if version == nodes[node].forwarderWake { step(nodes[node], life: life, forwarder: .wake) }
        case .journalFlushed(let node, let life, let end): journalFlushed(nodes[node], life: life, through: end)
        case .begun(let node, let life): begun(nodes[node], life: life)
        case .copyTaken(let node, let life, let connection, let end):
            takeCopy(nodes[node], life: life, connection: connection, end)
        case .foldDue(let node): fold(nodes[node])
        case .foldFlushed(let node, let life, let target): foldFlushed(nodes[node], life: life, target)
        case .foldDone(let node, let life, let target): foldDone(nodes[node], life: life, target)
        case .nodeStart(let node): start(nodes[node])
        case .masterTurn: takeMasterTurn()
        case .assigned(let place, let epoch): hear(epoch, at: place)
        case .fault(let fault): inject(fault)
        case .faultEnd(let fault, let era): end(fault, era: era)
        case .check: checkAll()
        case .phase(let phase): enter(phase)
        default: preconditionFailure("a happening that nobody handles")
        }
    }
}
