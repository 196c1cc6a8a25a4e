import Primitives
import ReplicationCore
import StreamProtocol

/// One thing that happens in the replicated world at one moment.
enum ReplicationHappening {
    // Source
    case clientTurn
    case intentNoted(life: Int, SourceModel.Write)
    case writeDone(life: Int, SourceModel.Write)
    case flushDone(life: Int)
    case frameDue(life: Int, version: Int)
    case source(life: Int, SourceCore.Event)
    case sourceWake(life: Int, version: Int)
    case sourceStart
    case settled(life: Int, StreamMark)
    case copyEndFlushed(life: Int)
    // Nodes
    case receiver(node: Int, life: Int, ReceiverCore.Event)
    case forwarder(node: Int, life: Int, ForwarderCore.Event)
    case receiverWake(node: Int, life: Int, version: Int)
    case forwarderWake(node: Int, life: Int, version: Int)
    case journalFlushed(node: Int, life: Int, through: StreamPosition)
    case begun(node: Int, life: Int)
    case copyTaken(node: Int, life: Int, connection: UInt64, CopyEnd)
    case foldDue(node: Int)
    case foldFlushed(node: Int, life: Int, StreamPosition)
    case foldDone(node: Int, life: Int, StreamPosition)
    case nodeStart(node: Int)
    // Network
    case opened(wire: Int)
    case notOpened(Wire)
    case delivery(wire: Int, isToCallee: Bool, Parcel)
    case broken(wire: Int)
    // The plan
    case masterTurn
    case assigned(place: Int, epoch: UInt64)
    case fault(ReplicationFault)
    case faultEnd(ReplicationFault, era: Int)
    case check
    case phase(Phase)
}

/// What goes over a wire.
enum Parcel {
    case message(StreamMessage)
    case frame([UInt8])
}

/// One connection.
struct Wire {
    let number: Int
    let caller: Int
    let callee: Int
    let callerLife: Int
    let calleeLife: Int
    /// Of the source: which of its links.
    let link: Int?
    /// Something was lost for good that way: nothing that was sent later arrives.
    var isStalled = [false, false]
    /// TCP keeps the order, each way.
    var notBefore = [Instant(nanoseconds: 0), Instant(nanoseconds: 0)]
}

/// What goes wrong with the data path.
struct ReplicationFault: CustomStringConvertible {
    enum Kind: String, CaseIterable {
        case sourceCut = "power cut of the source"
        case sourceKilled = "source killed"
        case sourceRestarted = "source restarted in order"
        case nodeCut = "power cut of a node"
        case nodeKilled = "node killed"
        case bothCut = "power cut of all nodes"
        case linkCut = "link cut"
        case deaf = "one way cut"
        case lossy = "packets lost"
        case slow = "slow link"
        case journalFull = "journal full"
        case paused
        case flipped = "a bit flipped on the wire"
        case rot = "a bit rots on a node's disk"
        case misdirected = "a write beside its place"
        case grown = "a volume's size changed"
    }

    let number: Int
    let kind: Kind
    let node: Int
    let lasts: Span

    var description: String { "\(kind.rawValue), n\(node), for \(lasts)" }
}
