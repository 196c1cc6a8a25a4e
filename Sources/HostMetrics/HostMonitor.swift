import Glibc
import Linux
import Primitives

/// What one machine measures of itself. Rates are between two calls, so the first call after the start has none.
public struct HostMonitor: Sendable {
    /// One measurement. Pressure is the share of the last ten seconds in which some task waited, in per cent.
    public struct Sample: Equatable, Sendable {
        /// 0 to 100, all processors together.
        public var cpuPercent: Double
        /// Bytes.
        public var memory: ProcFile.Memory
        public var cpuPressure: Double
        public var memoryPressure: Double
        public var ioPressure: Double
        /// Bytes of the file system that holds the data folder.
        public var diskUsed: UInt64
        public var diskTotal: UInt64
        public var receivedPerSecond: Double
        public var sentPerSecond: Double
    }

    private let interface: String
    private let folder: String
    private var before: (at: Instant, processor: ProcFile.ProcessorTime, traffic: ProcFile.Traffic)?

    /// - Parameters:
    ///   - interface: whose traffic is counted.
    ///   - folder: whose file system is looked at.
    public init(interface: String, folder: String) {
        self.interface = interface
        self.folder = folder
    }

    /// - Throws: `SystemError` or `MalformedProcFile`, naming the file.
    public mutating func sample() throws -> Sample {
        let now = BootClock.now
        let processor = try ProcFile.processorTime(try Self.text("/proc/stat"))
        let traffic =
            try ProcFile.traffic(try Self.text("/proc/net/dev"), interface: interface)
            ?? ProcFile.Traffic(received: 0, sent: 0)
        let disk = try FileSystemSpace(of: folder)
        let earlier = before ?? (now, processor, traffic)
        before = (now, processor, traffic)
        let seconds = max(0.001, (now - earlier.at).seconds)
        let ticks = max(1, Double(processor.total &- earlier.processor.total))
        return Sample(
            cpuPercent: 100 * Double(processor.busy &- earlier.processor.busy) / ticks,
            memory: try ProcFile.memory(try Self.text("/proc/meminfo")),
            cpuPressure: try Self.pressure("cpu"), memoryPressure: try Self.pressure("memory"),
            ioPressure: try Self.pressure("io"), diskUsed: disk.total - disk.free, diskTotal: disk.total,
            receivedPerSecond: Double(traffic.received &- earlier.traffic.received) / seconds,
            sentPerSecond: Double(traffic.sent &- earlier.traffic.sent) / seconds)
    }

    /// Zero on a kernel that was built or started without pressure information.
    private static func pressure(_ resource: String) throws -> Double {
        guard let bytes = try DurableFile.read("/proc/pressure/\(resource)") else { return 0 }
        return try ProcFile.pressure(String(decoding: bytes, as: UTF8.self))
    }

    private static func text(_ path: String) throws -> String {
        guard let bytes = try DurableFile.read(path) else {
            throw SystemError(operation: "open", subject: path, errno: ENOENT)
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
