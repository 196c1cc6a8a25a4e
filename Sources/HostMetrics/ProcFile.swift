/// What the kernel's text files under /proc say, parsed without touching them.
/// Source: proc(5), and Documentation/accounting/psi.rst of the kernel.
public enum ProcFile {
    /// Clock ticks of all processors since boot.
    public struct ProcessorTime: Equatable, Sendable {
        public let busy: UInt64
        public let total: UInt64
    }

    /// Bytes.
    public struct Memory: Equatable, Sendable {
        public let total: UInt64
        public let available: UInt64
    }

    /// Bytes since boot of one network interface.
    public struct Traffic: Equatable, Sendable {
        public let received: UInt64
        public let sent: UInt64
    }

    /// From `/proc/stat`.
    public static func processorTime(_ text: String) throws(MalformedProcFile) -> ProcessorTime {
        guard let line = text.split(separator: "\n").first(where: { $0.hasPrefix("cpu ") }) else {
            throw MalformedProcFile(file: "stat", missing: "cpu")
        }
        let fields = line.split(separator: " ").dropFirst().compactMap { UInt64($0) }
        guard fields.count >= 8 else { throw MalformedProcFile(file: "stat", missing: "the eight fields of cpu") }
        // user nice system idle iowait irq softirq steal; guest time is already in user.
        let total = fields.prefix(8).reduce(0, +)
        return ProcessorTime(busy: total - fields[3] - fields[4], total: total)
    }

    /// From `/proc/meminfo`.
    public static func memory(_ text: String) throws(MalformedProcFile) -> Memory {
        func kibibytes(_ name: String) throws(MalformedProcFile) -> UInt64 {
            for line in text.split(separator: "\n") where line.hasPrefix(name + ":") {
                if let value = line.split(separator: " ").dropFirst().first.flatMap({ UInt64($0) }) { return value }
            }
            throw MalformedProcFile(file: "meminfo", missing: name)
        }
        return Memory(total: try kibibytes("MemTotal") * 1024, available: try kibibytes("MemAvailable") * 1024)
    }

    /// The share of the last ten seconds in which some task waited, in per cent, from `/proc/pressure/NAME`.
    public static func pressure(_ text: String) throws(MalformedProcFile) -> Double {
        for line in text.split(separator: "\n") where line.hasPrefix("some ") {
            for field in line.split(separator: " ") where field.hasPrefix("avg10=") {
                if let value = Double(field.dropFirst(6)) { return value }
            }
        }
        throw MalformedProcFile(file: "pressure", missing: "some avg10")
    }

    /// From `/proc/net/dev`; nil when the interface is not there.
    public static func traffic(_ text: String, interface: String) throws(MalformedProcFile) -> Traffic? {
        for line in text.split(separator: "\n") {
            let parts = line.split(separator: ":", maxSplits: 1)
            guard parts.count == 2, parts[0].filter({ $0 != " " }) == interface else { continue }
            let fields = parts[1].split(separator: " ").compactMap { UInt64($0) }
            guard fields.count >= 16 else {
                throw MalformedProcFile(file: "net/dev", missing: "fields of \(interface)")
            }
            return Traffic(received: fields[0], sent: fields[8])
        }
        return nil
    }
}

/// A file of the kernel that does not look as documented.
public struct MalformedProcFile: Error, Equatable, CustomStringConvertible {
    public let file: String
    public let missing: String
    public var description: String { "/proc/\(file) does not have \(missing)" }
}
