import CaptureProtocol
import Linux
import StreamProtocol

/// The assignments that name this node, kept durably: after a restart streams are taken and points served without the
/// master. Remembers the highest epoch of every machine, so that an old master is refused.
struct AssignmentBook {
    private struct Content: Codable {
        var assignments: [StreamAssignment] = []
        var epochs: [Epoch] = []
    }

    private struct Epoch: Codable {
        var machine: MachineID
        var epoch: UInt64
    }

    private let path: String
    private(set) var assignments: [MachineID: StreamAssignment]
    private var epochs: [MachineID: UInt64]

    /// - Throws: `CaptureServiceError` that names the file; a damaged book is not taken for an empty one.
    init(path: String) throws(CaptureServiceError) {
        self.path = path
        let content: Content
        do {
            let bytes = try DurableFile.read(path, limit: 64 << 20)
            content = try bytes.map { try CaptureJSON.decode(Content.self, from: $0) } ?? Content()
        } catch {
            throw CaptureServiceError("the assignments cannot be read from \(path): \(error)")
        }
        assignments = Dictionary(content.assignments.map { ($0.machine, $0) }) { $1 }
        epochs = Dictionary(content.epochs.map { ($0.machine, $0.epoch) }, uniquingKeysWith: max)
    }

    /// Takes all assignments that name this node in place of those before; durable when it returns.
    ///
    /// - Throws: `CaptureRefusal.staleEpoch` when one is older than what was told before; nothing has changed then.
    ///   `.faulted` when it cannot be written.
    mutating func replace(with list: [StreamAssignment]) throws(CaptureRefusal) {
        var next = self
        next.assignments = [:]
        for assignment in list {
            let known = next.epochs[assignment.machine] ?? 0
            guard assignment.epoch >= known else {
                throw CaptureRefusal(
                    .staleEpoch,
                    "the assignment of machine \(assignment.machine) has epoch \(assignment.epoch), \(known) is known")
            }
            guard next.assignments.updateValue(assignment, forKey: assignment.machine) == nil else {
                throw CaptureRefusal(.malformed, "machine \(assignment.machine) is assigned twice")
            }
            next.epochs[assignment.machine] = assignment.epoch
        }
        guard next.assignments != assignments || next.epochs != epochs else { return }
        try next.write()
        self = next
    }

    private func write() throws(CaptureRefusal) {
        let content = Content(
            assignments: assignments.values.sorted { $0.machine.description < $1.machine.description },
            epochs: epochs.map { Epoch(machine: $0.key, epoch: $0.value) }
                .sorted { $0.machine.description < $1.machine.description })
        do throws(SystemError) {
            try DurableFile.replace(path, with: CaptureJSON.encode(content), mode: 0o600)
        } catch {
            throw CaptureRefusal(.faulted, "the assignments are not durable: \(error)")
        }
    }
}

/// One sentence for the operator: what this daemon could not do.
struct CaptureServiceError: Error, Equatable, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}
