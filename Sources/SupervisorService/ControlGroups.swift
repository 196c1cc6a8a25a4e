import Glibc
import Linux
import SupervisorCore

/// Memory limits by control groups of version 2, where systemd has delegated a group to this service. Elsewhere there
/// are none: a group that a supervisor made by itself would outlive its sudden death.
struct ControlGroups {
    private let folder: String
    private static let mount = "/sys/fs/cgroup"

    /// - Throws: `ControlGroupsUnavailable`, one sentence for the log.
    init() throws(ControlGroupsUnavailable) {
        guard ChildEnvironment.value("INVOCATION_ID") != nil else {
            throw ControlGroupsUnavailable("the supervisor does not run under systemd")
        }
        do throws(SystemError) {
            let own = String(decoding: try DurableFile.read("/proc/self/cgroup") ?? [], as: UTF8.self)
            let line = own.split(separator: "\n").first { $0.hasPrefix("0::/") && $0.hasSuffix(".service") }
            guard let line else {
                throw SystemError(operation: "find the control group of", subject: "the service", errno: ENOENT)
            }
            folder = Self.mount + line.dropFirst(3)
            // A group with processes of its own gives its children no controllers, so the supervisor moves down first.
            try DurableFile.makeFolder(folder + "/supervisor")
            try Self.write("0", to: folder + "/supervisor/cgroup.procs")
            try Self.write("+memory", to: folder + "/cgroup.subtree_control")
        } catch {
            throw ControlGroupsUnavailable("\(error)")
        }
    }

    /// - Returns: an open `cgroup.procs` of the process's group.
    func prepare(_ plan: ProcessPlan) throws(SystemError) -> OwnedDescriptor {
        let group = folder + "/" + plan.name.rawValue
        try DurableFile.makeFolder(group)
        try Self.write("\(plan.limits.memoryBytes)", to: group + "/memory.max")
        return try .open(group + "/cgroup.procs", flags: O_WRONLY)
    }

    private static func write(_ text: String, to path: String) throws(SystemError) {
        let file = try OwnedDescriptor.open(path, flags: O_WRONLY)
        try file.write(Array(text.utf8), subject: path)
    }
}

/// Why memory is not limited.
struct ControlGroupsUnavailable: Error, CustomStringConvertible {
    let description: String

    init(_ reason: String) { description = "memory is not limited: \(reason)" }
}
