import Primitives
import StreamProtocol

extension ReceiverCore {
    public enum Event: Sendable {
        /// The assignment that holds now.
        case assigned(epoch: UInt64, isPaused: Bool)
        case hello(Connection, Hello)
        case disconnected(Connection)
        /// A frame that was judged; the digest is that of `received` followed by it.
        case frame(Connection, FrameHeader, digest: ChainDigest)
        /// Everything appended up to here is flushed in the journal.
        case flushed(StreamPosition)
        /// The journal has made the beginning of the generation durable.
        case begun
        /// A base image that ends like this is whole and durable, and everything that was here before is set aside.
        case copyStored(Connection, CopyEnd)
        /// The other node has flushed everything up to here.
        case peerFlushed(StreamMark)
        /// The base image has everything up to here.
        case applied(StreamMark)
        /// The journal is full, failed, or takes again.
        case conditionChanged(Condition)
        case wake
    }

    public enum Effect: Hashable, Sendable {
        case answer(Connection, HelloAnswer)
        /// Say good-bye and end it. Frames of it that were received stay.
        case close(Connection, Reason)
        /// Append the frame of the event to the journal; it ends here. Answered by `flushed`.
        case append(StreamPosition)
        /// Forget appended frames behind this position that are not flushed.
        case truncate(StreamPosition)
        /// Write down that a generation begins here; answered by `begun`.
        case begin(Generation, after: StreamPosition)
        /// Take a base image from this connection beside what is here; answered by `copyStored`.
        case beginCopy(Connection)
        case acknowledge(Connection, Acknowledgement)
        /// Frames up to here may go to the other node.
        case durable(StreamPosition)
        /// Replaces every earlier wake.
        case wake(at: Instant)
        case report(Report)
    }

    public enum Reason: Hashable, Sendable {
        /// A later session of the source.
        case replaced
        case gap(expected: UInt64, found: UInt64)
        /// More was sent than the credits allow.
        case beyondCredits
        case condition(Condition)
    }

    public enum Report: Hashable, Sendable {
        case linked(Connection, Hello.Purpose, Generation)
        case refused(Connection, HelloAnswer.Refusal)
        /// A caller that misbehaved.
        case dropped(Connection, Reason)
        case conditionChanged(Condition)
    }
}
