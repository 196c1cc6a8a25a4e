import CaptureProtocol
import Primitives
import StreamProtocol

extension SourceCore {
    /// One of the two nodes of the assignment: 0 the receiver, 1 the second.
    public typealias Link = Int

    /// What the source keeps in a file: written whole, before what depends on it happens.
    public struct Memory: Hashable, Sendable {
        public var session: UInt64
        /// The generation that was begun last, the highest one so far.
        public var generation: Generation
        public var predecessor: StreamPosition
        /// Everything up to here is on all nodes of the assignment; whatever was written later is marked in the
        /// write-intent log.
        public var settled: StreamMark

        public init(session: UInt64, generation: Generation, predecessor: StreamPosition, settled: StreamMark) {
            self.session = session
            self.generation = generation
            self.predecessor = predecessor
            self.settled = settled
        }

        public static let none = Memory(
            session: 0, generation: Generation(0), predecessor: .none, settled: StreamMark(.none))
    }

    /// How the source came to run. What is written before the first generation begins is only marked.
    public enum Start: Hashable, Sendable {
        /// Nothing was ever sent.
        case first
        /// It ended in order: a node had flushed everything up to this position, and nothing was written behind it.
        case clean(StreamPosition)
        /// Only the write-intent log tells what may be missing.
        case crashed
    }

    public struct Settings: Hashable, Sendable {
        /// Bytes of frames in memory.
        public var ringLimit: Int
        /// Bytes of frames in the spool; 0 without one.
        public var spoolLimit: Int
        /// Bytes of a copy that are read at once.
        public var copyBatch: Int
        /// Pause after both nodes were tried in vain.
        public var retry: Span
        /// Between two settlings of what all nodes have.
        public var settlePause: Span

        public init(
            ringLimit: Int = 256 << 20, spoolLimit: Int = 4 << 30, copyBatch: Int = 4 << 20,
            retry: Span = .milliseconds(200), settlePause: Span = .seconds(5)
        ) {
            precondition(copyBatch <= ringLimit / 4, "a batch of a copy is more than a quarter of the ring")
            self.ringLimit = ringLimit
            self.spoolLimit = spoolLimit
            self.copyBatch = copyBatch
            self.retry = retry
            self.settlePause = settlePause
        }
    }

    /// What of the assignment concerns the source.
    public struct Task: Hashable, Sendable {
        public var epoch: UInt64
        /// 1 or 2.
        public var links: Int
        public var level: AcknowledgementLevel
        public var isPaused: Bool
        public var limits: StreamAssignment.Limits

        public init(
            epoch: UInt64, links: Int, level: AcknowledgementLevel, isPaused: Bool = false,
            limits: StreamAssignment.Limits = .none
        ) {
            precondition((1...2).contains(links), "a stream to \(links) nodes")
            self.epoch = epoch
            self.links = links
            self.level = level
            self.isPaused = isPaused
            self.limits = limits
        }
    }

    public enum Event: Sendable {
        /// The assignment, at the start and whenever it changes. A lower epoch than the one before is passed over.
        case assigned(Task)
        case connected(Link)
        /// A connection could not be made, or ended. Not said of one that was given up already.
        case disconnected(Link)
        case answered(Link, HelloAnswer)
        case acknowledged(Link, Acknowledgement)
        /// The memory is in the file.
        case persisted
        case frameClosed(ClosedFrame)
        /// The frame that ends with this record is flushed in the spool.
        case spooled(UInt64)
        /// The spool failed or is gone: what is in it is lost.
        case spoolFailed
        /// Marked ranges were read and put into the stream, or found equal; answers every `copy`. Ranges that could not
        /// be put because only marks are made stay marked. Answers `endCopy` too, when something is marked again.
        case copied(bytes: UInt64, remaining: UInt64)
        /// The barrier behind everything that was marked is this record, in a frame that is consistent.
        case copyEnded(at: UInt64)
        case bookmarkRequested(BookmarkText)
        case cutRequested
        /// A volume was added (all of it is marked then) or has another size.
        case volumeChanged(VolumeNumber, VolumeChange, isNew: Bool)
        /// The tap's memory was full: what is written from there on is marked, until `record` says otherwise.
        case tapOverflowed
        case wake
    }

    /// How writes enter the stream.
    public enum Recording: Hashable, Sendable {
        /// As records, in order. Frames carry "not consistent" unless it is consistent.
        case records(isConsistent: Bool)
        /// Only their ranges are marked.
        case marks
    }

    public enum Effect: Hashable, Sendable {
        /// Answered by `connected` or `disconnected`.
        case connect(Link)
        case disconnect(Link)
        /// Make it durable; answered by `persisted`.
        case persist(Memory)
        case greet(Link, Hello)
        /// Sequences begin at 1; the frame under way is thrown away.
        case beginGeneration(Generation, after: StreamPosition)
        /// Holds from the next write on; the frame under way is closed first.
        case record(Recording)
        /// Mark what the write-intent log has. Everything marked is in that log too.
        case markUnsettled
        /// Mark everything, in the write-intent log too.
        case markAll
        /// Forget all frames, in memory and in the spool.
        case discardFrames
        /// The frame that ends with this record goes over the link, from wherever it is.
        case send(Link, UInt64)
        /// Write the frame that ends with this record to the spool; answered by `spooled`.
        case spool(UInt64)
        /// Memory and spool of all frames up to this record are free.
        case free(through: UInt64)
        /// Everything up to here is on all nodes. Flush the disk, since a power cut takes back what was only completed;
        /// note the position in the file; then take from the write-intent log what was last written before it. May
        /// wait for the next one.
        case settle(StreamMark)
        /// Read marked ranges of about so many bytes and put them into the stream; when comparing, only what the
        /// receiver says differs. Answered by `copied`.
        case copy(bytes: Int, comparing: Bool)
        /// Flush the disk; when nothing is marked then, frames are consistent from here on: put the barrier into the
        /// stream and answer `copyEnded`. Otherwise answer `copied`.
        case endCopy
        /// Let all volumes stand for a moment and put a bookmark or, without a text, a cut into the stream.
        case cut(BookmarkText?)
        case change(VolumeNumber, VolumeChange)
        /// Replaces every earlier wake.
        case wake(at: Instant)
        case report(Report)
    }

    public enum Report: Hashable, Sendable {
        case linked(Link, Generation)
        case refused(Link, HelloAnswer.Refusal)
        case stateChanged(State)
        /// A node has a generation that this source never began: it was taken over. Nothing is sent until somebody
        /// decides.
        case foreign(Link, tail: StreamPosition)
        /// A node has other bytes than this source sent.
        case diverged(Link, tail: StreamPosition)
        /// The second node is away for so long that what is durable on one node was freed.
        case freedUnreplicated(through: UInt64)
        /// No consistent moment can be named while a copy or resync is under way.
        case bookmarkRefused(String)
        case cutRefused
    }
}
