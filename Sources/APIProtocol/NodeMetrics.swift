/// A node's resources over time, for small charts.
public struct NodeMetrics: Codable, Equatable, Sendable {
    /// Seconds from one value to the next: 1 for up to ten minutes, else 60.
    public var step: Int
    /// The moment of the first value, by the master's wall clock.
    public var from: Timestamp
    /// The second's value or the minute's average.
    public var series: Series
    /// The greatest value of each minute; nil when the step is a second.
    public var maxima: Series?

    /// Oldest first; null where nothing was heard.
    public struct Series: Codable, Equatable, Sendable {
        /// Percent of all processors.
        public var cpu: [Double?]
        /// Percent in use.
        public var memory: [Double?]
        /// Percent in use of the file system with the data folder.
        public var disk: [Double?]
        /// Bytes a second.
        public var receive: [Double?]
        /// Bytes a second.
        public var transmit: [Double?]
        /// Percent of the last ten seconds in which some task waited for a disk.
        public var pressureIO: [Double?]

        public init(
            cpu: [Double?], memory: [Double?], disk: [Double?], receive: [Double?], transmit: [Double?],
            pressureIO: [Double?]
        ) {
            self.cpu = cpu
            self.memory = memory
            self.disk = disk
            self.receive = receive
            self.transmit = transmit
            self.pressureIO = pressureIO
        }
    }

    public init(step: Int, from: Timestamp, series: Series, maxima: Series? = nil) {
        self.step = step
        self.from = from
        self.series = series
        self.maxima = maxima
    }
}
