import Foundation
import Glibc

/// What /proc says about one process.
public struct ProcessFacts: Sendable {
    /// Resident memory in KiB, shared pages counted whole.
    public let residentKiB: Int
    /// Proportional set size in KiB: shared pages divided among their users.
    public let proportionalKiB: Int
    /// User and system time since the process began, in seconds.
    public let cpuSeconds: Double

    /// - Returns: nil when the process has ended.
    public init?(pid: pid_t) {
        guard let rollup = Self.text("/proc/\(pid)/smaps_rollup"), let stat = Self.text("/proc/\(pid)/stat") else {
            return nil
        }
        func value(_ key: String) -> Int {
            let line = rollup.split(separator: "\n").first { $0.hasPrefix(key) }
            return line.flatMap { Int($0.split(separator: " ")[1]) } ?? 0
        }
        residentKiB = value("Rss:")
        proportionalKiB = value("Pss:")
        // Fields after the command's closing parenthesis begin with the state, field 3 of proc(5).
        let fields = stat.suffix(from: stat.lastIndex(of: ")") ?? stat.startIndex).split(separator: " ")
        guard fields.count > 13, let user = Double(fields[12]), let system = Double(fields[13]) else { return nil }
        cpuSeconds = (user + system) / Double(sysconf(Int32(_SC_CLK_TCK)))
    }

    /// Base name of the first argument; nil when the process has ended or is a kernel thread.
    public static func program(of pid: pid_t) -> String? {
        arguments(of: pid).first.flatMap { $0.split(separator: "/").last.map(String.init) }
    }

    /// The command line; empty when the process has ended or is a kernel thread.
    public static func arguments(of pid: pid_t) -> [String] {
        text("/proc/\(pid)/cmdline")?.split(separator: "\0").map(String.init) ?? []
    }

    private static func text(_ path: String) -> String? {
        FileManager.default.contents(atPath: path).map { String(decoding: $0, as: UTF8.self) }
    }
}
