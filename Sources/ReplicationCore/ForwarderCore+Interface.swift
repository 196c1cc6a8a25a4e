import Primitives
import StreamProtocol

extension ForwarderCore {
    public enum Event: Sendable {
        /// What to say to the other node while the source is on this node's line (purpose and generation are filled
        /// in); nil when there is nothing to pass on or nobody to pass it to.
        case assigned(Hello?)
        /// A generation began in this node's journal.
        case begun(Branch)
        /// Flushed here up to this position.
        case durable(StreamPosition)
        case connected
        /// Not said of a connection that was given up already.
        case disconnected
        case answered(HelloAnswer)
        case found(StreamPosition, Finding)
        case acknowledged(Acknowledgement)
        /// The frames of a `send` were handed over; the last one ends here.
        case read(StreamPosition, bytes: UInt64)
        case readFailed
        /// The whole base image was handed over; it was whole as of this position, which the journal still has.
        case copied(StreamPosition, isConsistent: Bool)
        /// Of a split brain, this node's branch is the one to go on with; the other node keeps its own aside.
        case decidedForOurs
        case wake
    }

    /// What this node's journal says about a position.
    public enum Finding: Hashable, Sendable {
        /// It is in this stream, and all frames behind it are there.
        case readable
        /// It is, or may be, in this stream, and frames behind it are folded into the base image already.
        case folded
        /// This stream has another record there, or none.
        case strange
    }

    public enum Effect: Hashable, Sendable {
        /// Answered by `connected` or `disconnected`.
        case connect
        case disconnect
        case greet(Hello)
        /// Ask the journal; answered by `found`.
        case find(StreamPosition)
        /// Send frames behind this position, at least one and otherwise not more than so many bytes, within one
        /// generation and not beyond what is durable; answered by `read` or `readFailed`.
        case send(after: StreamPosition, bytes: UInt64)
        /// Send the whole base image and hold folding meanwhile; answered by `copied` or `readFailed`.
        case copyBase
        case sendCopyEnd(CopyEnd)
        /// For the receiver's core: what the other node has flushed.
        case peerFlushed(StreamMark)
        /// Replaces every earlier wake.
        case wake(at: Instant)
        case report(Report)
    }

    public enum Report: Hashable, Sendable {
        case forwarding(from: StreamMark)
        case copying(tail: StreamPosition)
        case behind(tail: StreamPosition)
        case splitBrain(ours: StreamPosition, theirs: StreamPosition)
        case refused(HelloAnswer.Refusal)
    }
}
