import Foundation
import Glibc
import Primitives

/// What runs that were killed left behind: found by their name, `k` and the process id, when no such process exists.
enum Leftovers {
    static let folder = "/var/tmp/keelson-lab"

    static func remove() throws(LabError) {
        let runs = try entries().filter(isDead)
        for run in runs { try resumeDisks(below: "\(folder)/\(run)") }
        killMarked(where: isDead)
        for space in try LabNetwork.spaces() where isDead(space) {
            NamespaceProcesses(name: space)?.killAll(collecting: [])
            try Command.run(["ip", "netns", "del", space])
        }
        for run in runs { try removeFolder("\(folder)/\(run)") }
    }

    private static func entries() throws(LabError) -> [String] {
        guard FileManager.default.fileExists(atPath: folder) else { return [] }
        do { return try FileManager.default.contentsOfDirectory(atPath: folder).sorted() } catch {
            throw LabError("The folder \(folder) cannot be read: \(error)")
        }
    }

    /// A process that waits for a stalled disk cannot be killed. A disk that is not stalled says so, which is fine.
    static func resumeDisks(below path: String) throws(LabError) {
        for point in try mountPoints(below: path) {
            _ = try Command.attempt(["fsfreeze", "--unfreeze", point])
        }
    }

    /// Unmounts what is mounted below, then removes the folder.
    static func removeFolder(_ path: String) throws(LabError) {
        for point in try mountPoints(below: path).reversed() {
            guard umount2(point, Int32(MNT_DETACH)) == 0 else { throw .system("Unmounting \(point)", errno) }
        }
        guard FileManager.default.fileExists(atPath: path) else { return }
        do {
            try FileManager.default.removeItem(atPath: path)
        } catch {
            throw LabError("The folder \(path) cannot be removed: \(error)")
        }
    }

    /// In the order in which they were mounted.
    private static func mountPoints(below path: String) throws(LabError) -> [String] {
        guard let mounts = FileManager.default.contents(atPath: "/proc/self/mounts") else {
            throw LabError("/proc/self/mounts cannot be read.")
        }
        return String(decoding: mounts, as: UTF8.self).split(separator: "\n")
            .compactMap { $0.split(separator: " ").dropFirst().first.map(String.init) }
            .filter { $0.hasPrefix("\(path)/") }
    }

    /// SIGKILL to processes that carry the mark of a run, and to nothing else.
    static func killMarked(where isMeant: (String) -> Bool) {
        let key = "\(Lab.mark)="
        for pid in NamespaceProcesses.all() {
            guard let data = FileManager.default.contents(atPath: "/proc/\(pid)/environ"), !data.isEmpty else {
                continue
            }
            let variables = data.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
            guard let mark = variables.first(where: { $0.hasPrefix(key) }) else { continue }
            guard isMeant(String(mark.dropFirst(key.count))) else { continue }
            kill(pid, SIGKILL)
            waitpid(pid, nil, 0)
        }
    }

    /// `k4711`, `k4711x2`, `k4711-n1`: the run of process 4711. Other names are nobody's business here.
    private static func isDead(_ name: String) -> Bool {
        guard name.first == "k", let pid = pid_t(name.dropFirst().prefix { $0.isASCII && $0.isNumber }) else {
            return false
        }
        let rest = name.dropFirst().drop { $0.isASCII && $0.isNumber }
        guard rest.isEmpty || rest.hasPrefix("-") || rest.hasPrefix("x") else { return false }
        return kill(pid, 0) != 0 && errno == ESRCH
    }
}
