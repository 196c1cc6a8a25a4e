import Primitives
import StreamProtocol

/// What the master decided about one protected machine: which nodes keep its stream, and how. Every node of the
/// assignment takes the stream from the source, so that the loss of one needs no decision; the one to which the source
/// speaks is the receiver of the moment and passes the frames on to the other.
public struct StreamAssignment: Hashable, Codable, Sendable {
    public var machine: MachineID
    public var name: String
    /// Grows with each change of this assignment; whoever is told a lower one refuses it.
    public var epoch: UInt64
    /// The node to which the source goes first.
    public var receiver: Place
    /// The node that keeps the second copy; nil while there is none.
    public var second: Place?
    public var volumes: [Volume]
    /// What frees data at the source.
    public var level: AcknowledgementLevel
    public var isPaused: Bool
    public var retention: Retention
    public var limits: Limits
    /// Bookmarks that need not be kept, oldest first; said to every node, whenever it gets them. Nil: none yet.
    public var released: [ReleasedBookmark]?

    public init(
        machine: MachineID, name: String, epoch: UInt64, receiver: Place, second: Place?, volumes: [Volume],
        level: AcknowledgementLevel, isPaused: Bool = false, retention: Retention = .standard, limits: Limits = .none
    ) {
        self.machine = machine
        self.name = name
        self.epoch = epoch
        self.receiver = receiver
        self.second = second
        self.volumes = volumes
        self.level = level
        self.isPaused = isPaused
        self.retention = retention
        self.limits = limits
    }
}

extension StreamAssignment {
    /// A node and where its streams are taken.
    public struct Place: Hashable, Codable, Sendable {
        public var node: NodeID
        /// `ADDRESS:PORT`, the address of IPv6 in brackets.
        public var address: String

        public init(node: NodeID, address: String) {
            self.node = node
            self.address = address
        }
    }

    /// A bookmark that somebody has released.
    public struct ReleasedBookmark: Hashable, Codable, Sendable {
        public var generation: Generation
        public var sequence: UInt64
        /// Wall clock at the source, nanoseconds since 1970.
        public var time: UInt64

        public init(generation: Generation, sequence: UInt64, time: UInt64) {
            self.generation = generation
            self.sequence = sequence
            self.time = time
        }
    }

    public struct Volume: Hashable, Codable, Sendable {
        public var number: VolumeNumber
        public var name: String
        /// Bytes; a multiple of `blockSize`.
        public var size: UInt64
        /// 512 or 4096.
        public var blockSize: Int

        public init(number: VolumeNumber, name: String, size: UInt64, blockSize: Int) {
            self.number = number
            self.name = name
            self.size = size
            self.blockSize = blockSize
        }
    }

    /// How long points are kept.
    public struct Retention: Hashable, Codable, Sendable {
        /// Every point of this many seconds is kept.
        public var window: UInt64
        /// Nothing is folded or thinned while it is true.
        public var isHeld: Bool
        /// Which points stay behind the window; nil, as earlier versions write it: none.
        public var keep: [Keep]?

        /// The last point of each span of `every` seconds stays until it is `age` seconds old.
        public struct Keep: Hashable, Codable, Sendable {
            public var every: UInt64
            public var age: UInt64

            public init(every: UInt64, age: UInt64) {
                self.every = every
                self.age = age
            }
        }

        public init(window: UInt64, isHeld: Bool, keep: [Keep]? = nil) {
            self.window = window
            self.isHeld = isHeld
            self.keep = keep
        }

        /// 24 hours.
        public static let standard = Retention(window: 86_400, isHeld: false)
    }

    /// How fast the stream may be, by the source's hour of the day.
    public struct Limits: Hashable, Codable, Sendable {
        public var windows: [Window]

        public init(windows: [Window]) { self.windows = windows }

        public static let none = Limits(windows: [])

        public struct Window: Hashable, Codable, Sendable {
            /// Minutes after midnight UTC; an end before the start goes over midnight.
            public var from: Int
            public var to: Int
            /// Days of the week, 1 is Monday; empty is every day.
            public var days: [Int]
            /// Bytes a second.
            public var rate: UInt64

            public init(from: Int, to: Int, days: [Int], rate: UInt64) {
                self.from = from
                self.to = to
                self.days = days
                self.rate = rate
            }
        }
    }
}
