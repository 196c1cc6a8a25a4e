import Primitives
import ReplicationCore
import StreamProtocol

/// A node: its journal and the loops around the receiver's and the forwarder's core.
final class ReplicaModel {
    let index: Int
    var isUp = false
    var life = 0
    var downSince = Instant(nanoseconds: 0)
    var journal: JournalModel
    /// What a copy replaced: nothing is destroyed.
    var aside: [JournalModel] = []
    /// A base image on its way here, and over which connection.
    var incoming: JournalModel?
    var incomingConnection: UInt64?
    var receiver: ReceiverCore?
    var forwarder: ForwarderCore?
    /// What the forwarder was told to say last.
    var forwarded: Hello?
    var forwardWire: Int?
    var epoch: UInt64 = 0
    var isPaused = false
    var receiverWake = 0
    var forwarderWake = 0
    var isFlushing = false
    var isFolding = false
    /// Its disk was tampered with: it may have lost what it acknowledged, and must never serve it wrong.
    var isTampered = false
    /// The newest of what it said was durable.
    var acknowledged = StreamMark(.none)
    /// The newest consistent point that was flushed: it stays usable until the next one.
    var point = StreamMark(.none)
    var readErrors = 0

    init(index: Int, sectors: Int) {
        self.index = index
        journal = JournalModel(sectors: sectors)
    }

    /// What is newest in memory: what a compare is answered by.
    var newest: StreamMark { receiver.map { StreamMark($0.received) } ?? StreamMark(.none) }

    func forget() {
        receiver = nil
        forwarder = nil
        forwarded = nil
        forwardWire = nil
        incoming = nil
        incomingConnection = nil
        isFlushing = false
        isFolding = false
    }
}
