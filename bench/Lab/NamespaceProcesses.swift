import Glibc
import Linux
import Primitives

/// Finds the processes of a network namespace: every descendant of what was started in it, however it was forked.
struct NamespaceProcesses {
    /// The namespace's inode number, the same for its name in /run/netns and for /proc/PID/ns/net.
    let inode: UInt64

    /// - Returns: nil when there is no such namespace in this mount namespace.
    init?(name: String) {
        guard let inode = Self.inode("/run/netns/\(name)") else { return nil }
        self.inode = inode
    }

    /// Process ids in the namespace, ascending.
    func list() -> [pid_t] {
        Self.all().filter { Self.inode("/proc/\($0)/ns/net") == inode }
    }

    /// SIGKILL to everything at once, again until nothing is left: a process may fork while the first round runs.
    /// Children are collected, and what their death made this process's children.
    func killAll(collecting children: [ChildProcess]) {
        var killed: Set<pid_t> = []
        while true {
            let pids = list()
            for pid in pids { kill(pid, SIGKILL) }
            killed.formUnion(pids)
            for child in children where pids.contains(child.pid) { child.collect() }
            guard !pids.isEmpty else { break }
        }
        // All are dead. One that is another process's child is no child of this one: that is an error at once.
        for pid in killed { waitpid(pid, nil, 0) }
    }

    /// All process ids of the machine, ascending.
    static func all() -> [pid_t] {
        guard let folder = opendir("/proc") else { return [] }
        defer { closedir(folder) }
        var pids: [pid_t] = []
        while let entry = readdir(folder) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if let pid = pid_t(name) { pids.append(pid) }
        }
        return pids.sorted()
    }

    /// - Returns: nil when there is no such file, or nobody may look at it.
    private static func inode(_ path: String) -> UInt64? {
        do { return try FileNumber.of(path) } catch { return nil }
    }
}
