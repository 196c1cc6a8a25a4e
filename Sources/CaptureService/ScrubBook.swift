import Linux
import StreamProtocol

/// When everything of each machine on this node was read and judged last, kept durably: a daemon that is started often
/// scrubs as often as one that is not.
struct ScrubBook {
    private struct Entry: Codable {
        var machine: MachineID
        /// Seconds since 1970.
        var checked: UInt64
    }

    private let path: String
    private var checked: [MachineID: UInt64]

    /// - Throws: `CaptureServiceError` that names the file.
    init(path: String) throws(CaptureServiceError) {
        self.path = path
        do {
            let entries = try DurableFile.read(path).map { try CaptureJSON.decode([Entry].self, from: $0) } ?? []
            checked = Dictionary(entries.map { ($0.machine, $0.checked) }, uniquingKeysWith: max)
        } catch {
            throw CaptureServiceError("what was scrubbed cannot be read from \(path): \(error)")
        }
    }

    /// The machine whose turn it is: the one that waits longest of those whose last time is an interval ago. One that
    /// is new here begins to wait now.
    ///
    /// - Parameters:
    ///   - now: seconds since 1970.
    ///   - interval: seconds.
    /// - Throws: `SystemError`.
    mutating func next(
        of machines: some Sequence<MachineID>, at now: UInt64, every interval: UInt64
    ) throws(SystemError) -> MachineID? {
        let fresh = machines.filter { checked[$0] == nil }
        if !fresh.isEmpty { try note(fresh, at: now) }
        return machines.map { ($0, checked[$0] ?? now) }.filter { $0.1 <= now && now - $0.1 >= interval }
            .min { ($0.1, $0.0.description) < ($1.1, $1.0.description) }?.0
    }

    /// - Throws: `SystemError`.
    mutating func note(_ machines: [MachineID], at now: UInt64) throws(SystemError) {
        for machine in machines { checked[machine] = now }
        try write()
    }

    /// - Throws: `SystemError`.
    mutating func forget(_ machine: MachineID) throws(SystemError) {
        guard checked.removeValue(forKey: machine) != nil else { return }
        try write()
    }

    private func write() throws(SystemError) {
        let entries = checked.map { Entry(machine: $0.key, checked: $0.value) }
            .sorted { $0.machine.description < $1.machine.description }
        try DurableFile.replace(path, with: CaptureJSON.encode(entries), mode: 0o600)
    }
}
