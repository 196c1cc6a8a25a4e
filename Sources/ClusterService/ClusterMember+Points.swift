import APIProtocol
import CaptureProtocol
import Linux
import Logging
import NIOConcurrencyHelpers
import Primitives
import StreamProtocol

/// Points in time: listed, named, opened, checked. The master asks the node that has them.
extension ClusterMember {
    /// The machine's nodes that are there, the one to which the source speaks first.
    private func nodes(of record: MachineRecord) -> [NodeID] {
        let now = BootClock.now
        let present = record.nodes.filter { id in
            id == node || book.withLockedValue { $0.state(of: id, at: now) } == .online
        }
        guard let speaking = board.word(on: record), speaking.status.role == .receiver else { return present }
        return [speaking.node] + present.filter { $0 != speaking.node }
    }

    private func silent(_ record: MachineRecord) -> APIError {
        APIError(.captureSilent, ["node": name(of: record.assignment.receiver.node)])
    }

    /// The first answer, node after node; what one refuses another may know.
    private func first<Value>(
        of record: MachineRecord, _ request: CaptureRequest, _ read: (CaptureAnswer, NodeID) throws -> Value?
    ) async throws -> Value {
        var failure: (any Error)?
        for node in nodes(of: record) {
            do {
                let answer = try await ask(request, of: node, about: record.assignment.name)
                if let value = try read(answer, node) { return value }
            } catch {
                failure = failure ?? error
            }
        }
        throw failure ?? silent(record)
    }

    func points(of id: MachineID, before: Timestamp?, limit: Int) async throws -> [MachinePoint] {
        _ = try requireMastership()
        let record = try await store.machine(id).value
        return try await first(of: record, .points(id, before: before?.lastNanosecond ?? .max, limit: limit)) {
            answer, _ -> [MachinePoint]? in
            guard case .points(let points) = answer else { return nil }
            return points.prefix(limit).map { MachinePoint($0) }
        }
    }

    func bookmark(_ id: MachineID, text: String) async throws {
        _ = try requireMastership()
        let record = try await store.machine(id).value
        guard let node = nodes(of: record).first else { throw silent(record) }
        try await order(.bookmark(id, text: text), of: node, about: record.assignment.name)
        journal.record(
            .bookmarked, ["who": "\(Caller.current)", "machine": record.assignment.name, "text": text])
    }

    /// One node does it and so says that there is such a bookmark; the others are told by the assignment.
    func releaseBookmark(_ id: MachineID, _ request: ReleaseRequest) async throws {
        let epoch = try requireMastership()
        let record = try await store.machine(id).value
        let question = CaptureRequest.release(id, Generation(request.generation), sequence: request.sequence)
        let point = try await first(of: record, question) { answer, _ -> JournalPoint? in
            guard case .points(let points) = answer else { return nil }
            return points.first
        }
        var stored = try await store.machine(id)
        stored.value.release(point, oldest: board.word(on: record)?.status.oldestPoint ?? 0)
        try await write(stored, by: epoch)
        journal.record(
            .bookmarkReleased,
            ["who": "\(Caller.current)", "machine": record.assignment.name, "text": point.text ?? "-"])
    }

    /// A node that does not answer serves nothing at the moment.
    func exports(of id: MachineID) async throws -> [MachineExport] {
        _ = try requireMastership()
        let record = try await store.machine(id).value
        var found: [MachineExport]?
        var failure: (any Error)?
        for node in nodes(of: record) {
            do {
                guard case .exports(let places) = try await ask(.exports, of: node, about: record.assignment.name)
                else { continue }
                found = (found ?? []) + places.filter { $0.machine == id }.map { MachineExport($0, on: node) }
            } catch {
                failure = failure ?? error
            }
        }
        guard let found else { throw failure ?? silent(record) }
        return found.sorted { $0.name < $1.name }
    }

    func export(_ id: MachineID, _ request: ExportRequest) async throws -> MachineExport {
        _ = try requireMastership()
        var record = try await store.machine(id).value
        if let wanted = request.node {
            guard record.nodes.contains(wanted), let place = place(wanted) else {
                throw APIError.invalid("node", clause: "noNodeOfMachine", ["value": wanted.text])
            }
            (record.assignment.receiver, record.assignment.second) = (place, nil)
        }
        let question = CaptureRequest.export(id, request.choice, isWritable: request.writable ?? false)
        let opened = try await first(of: record, question) { answer, node -> MachineExport? in
            guard case .exports(let places) = answer, let place = places.first else { return nil }
            return MachineExport(place, on: node)
        }
        journal.record(
            .pointExported, about: opened.node,
            [
                "who": "\(Caller.current)", "machine": record.assignment.name, "time": "\(opened.point.at)",
                "other": name(of: opened.node),
            ])
        return opened
    }

    func withdrawExport(_ name: String, of id: MachineID) async throws {
        guard let export = try await exports(of: id).first(where: { $0.name == name }) else {
            throw APIError(.unknownExport, ["export": String(name.prefix(64))])
        }
        let record = try await store.machine(id).value
        try await order(.withdraw(export: name), of: export.node, about: record.assignment.name)
        journal.record(
            .exportEnded, about: export.node,
            ["who": "\(Caller.current)", "machine": record.assignment.name, "export": name])
    }

    func verify(_ id: MachineID) async throws -> Job {
        let epoch = try requireMastership()
        let record = try await store.machine(id).value
        let nodes = nodes(of: record)
        guard !nodes.isEmpty else { throw silent(record) }
        for node in nodes { try await order(.verify(id), of: node, about: record.assignment.name) }
        var job = newJob(.verify, node: nil)
        job.job.machine = id
        job.job.findings = []
        job.verifying = nodes
        try await store.change([.put(job, at: ClusterKeys.job(job.job.id))], by: epoch)
        follow(job)
        return job.job
    }

    /// How far the nodes are with what a job has them check.
    /// - Returns: nil when one does not answer at the moment.
    func verification(_ job: StoredJob) async -> [NodeID: VerificationProgress]? {
        guard let machine = job.job.machine else { return nil }
        var all: [NodeID: VerificationProgress] = [:]
        for node in job.verifying ?? [] {
            do {
                let answer = try await ask(.verification(machine), of: node, about: "\(machine)")
                guard case .verification(let progress) = answer else { return nil }
                all[node] = progress
            } catch {
                logger.debug("a verification is asked for again", metadata: ["error": "\(error)"])
                return nil
            }
        }
        return all
    }
}
