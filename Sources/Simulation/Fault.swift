import Primitives

/// What goes wrong, when, where and for how long.
struct Fault: CustomStringConvertible {
    enum Kind: String, CaseIterable {
        case powerCut = "power cut"
        case isolation
        case deaf = "hears nobody"
        case mute = "is heard by nobody"
        case halved = "network in halves"
        case lossy = "packets lost"
        case slowLink = "slow link"
        case clusterStopped = "clusterd stopped"
        case vipStopped = "vipd stopped"
        case etcdStopped = "etcd stopped"
        case allStopped = "all daemons stopped"
        case stunned = "machine stunned"
        case clusterKilled = "clusterd killed"
        case vipKilled = "vipd killed"
        case etcdKilled = "etcd killed"
        case stoppedInMidWrite = "clusterd stopped in mid-write, then isolated"
        case shortenedBlindly = "vipd stopped, a fast profile chosen, then isolated"
        case diskStalled = "fsync stalled"
        case noSpace = "NOSPACE"
        case loaded = "machine overloaded"
        case streamStalled = "watch stalled"
        case handOver = "planned switch"
        case probesFail = "probes fail"
        case leaderElsewhere = "raft leader elsewhere"
        case allRebooted = "all nodes rebooted"
        case restored = "restored from a backup"

        /// How often it is chosen, relative to the others.
        var weight: Int {
            switch self {
            case .powerCut, .isolation, .clusterStopped, .vipStopped, .allStopped, .stunned, .stoppedInMidWrite: 3
            case .deaf, .mute, .halved, .lossy, .slowLink, .etcdStopped, .clusterKilled, .etcdKilled, .diskStalled: 2
            case .loaded, .streamStalled, .handOver, .restored, .vipKilled: 2
            case .probesFail, .leaderElsewhere, .allRebooted: 1
            case .shortenedBlindly: 2
            case .noSpace: 3
            }
        }
    }

    let number: Int
    let kind: Kind
    /// nil: whoever is master then.
    let node: Int?
    let lasts: Span
    /// A second random number, for what the kind needs: which halves, whether a stun loses time.
    let variant: UInt64

    var description: String { "\(kind.rawValue) of \(node.map { "n\($0)" } ?? "the master") for \(lasts)" }

    static func draw(number: Int, nodes: Int, lasting longest: Span, using random: inout SeededRandom) -> Fault {
        var ticket = random.index(below: Kind.allCases.reduce(0) { $0 + $1.weight })
        var kind = Kind.powerCut
        for candidate in Kind.allCases {
            ticket -= candidate.weight
            if ticket < 0 {
                kind = candidate
                break
            }
        }
        let node = random.chance(1, in: 2) ? nil : random.index(below: nodes)
        let lasts = Span.milliseconds(20) + random.span(below: longest)
        return Fault(number: number, kind: kind, node: node, lasts: lasts, variant: random.next())
    }
}
