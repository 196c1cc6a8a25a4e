import BlockIO
import CaptureProtocol
import JournalStore
import Linux
import Logging
import NBDServer
import NIOCore
import StreamProtocol

/// All exports of this node: opened, served on a Unix socket each, kept over a restart, deleted when withdrawn. Lives
/// on the event loop.
final class ExportDesk {
    private struct Entry {
        let record: ExportRecord
        let journal: Journal
        let served: ServedExport
        let server: NBDServer

        var place: ExportPlace {
            ExportPlace(
                name: record.name, machine: record.machine, point: record.point, isWritable: record.isWritable,
                socket: served.socket, volumes: served.devices.map(\.volume))
        }
    }

    private let loop: any EventLoop
    private let workers: CaptureWorkers
    private let disk: BlockLoop
    private let folder: String
    private let path: String
    private let logger: Logger
    /// What shall be served; of some the journal is not open.
    private var records: [ExportRecord]
    private var entries: [String: Entry] = [:]
    /// What is being opened or closed of a machine's journal.
    private var underWay: [MachineID: EventLoopFuture<Void>] = [:]
    /// Writes of the records follow one another.
    private var lastWrite: EventLoopFuture<Void>

    /// - Parameters:
    ///   - folder: of the sockets.
    ///   - path: of the records.
    init(
        _ records: [ExportRecord], path: String, folder: String, loop: any EventLoop, workers: CaptureWorkers,
        disk: BlockLoop, logger: Logger
    ) {
        self.records = records
        self.path = path
        self.folder = folder
        self.loop = loop
        self.workers = workers
        self.disk = disk
        self.logger = logger
        lastWrite = loop.makeSucceededVoidFuture()
    }

    var places: [ExportPlace] { entries.values.map(\.place).sorted { $0.name < $1.name } }

    // MARK: Opening

    /// - Returns: fails with a `CaptureRefusal`.
    func open(
        _ machine: MachineID, _ choice: PointChoice, isWritable: Bool, in journal: Journal
    ) -> EventLoopFuture<ExportPlace> {
        let promise = loop.makePromise(of: StoredPoint.self)
        journal.point(PointSelection(choice)) { promise.completeWith($0.mapError { CaptureRefusal($0) }) }
        let bound = NIOLoopBound(self, eventLoop: loop)
        return promise.futureResult.flatMap { point in
            let record = ExportRecord(
                name: ExportRecord.newName(), machine: machine, point: JournalPoint(point), isWritable: isWritable)
            return bound.value.serve(record, journal).flatMap { place in
                let desk = bound.value
                desk.records.append(record)
                return desk.write().map { place }
            }
        }
    }

    /// Serves again what was exported of a machine whose journal is open now.
    func restore(_ machine: MachineID, _ journal: Journal) {
        for record in records where record.machine == machine && entries[record.name] == nil {
            serve(record, journal).assumeIsolated().whenFailure { error in
                self.logger.error("export \(record.name) of machine \(machine) cannot be served again: \(error)")
            }
        }
    }

    private func serve(_ record: ExportRecord, _ journal: Journal) -> EventLoopFuture<ExportPlace> {
        let promise = loop.makePromise(of: [ServedExport.Device].self)
        let selection = PointSelection.position(record.point.generation, sequence: record.point.sequence)
        if record.isWritable {
            journal.openBranch(record.name, at: selection) { result in
                promise.completeWith(result.map { $0.map { .branch($0) } }.mapError { CaptureRefusal($0) })
            }
        } else {
            journal.openPoint(selection) { result in
                promise.completeWith(result.map { $0.map { .point($0) } }.mapError { CaptureRefusal($0) })
            }
        }
        let bound = NIOLoopBound(self, eventLoop: loop)
        let served = promise.futureResult.flatMapThrowing { try bound.value.serve(record, journal, $0) }
        note(served.map { _ in }, of: record.machine)
        return served
    }

    private func note(_ work: EventLoopFuture<Void>, of machine: MachineID) {
        let before = underWay[machine] ?? loop.makeSucceededVoidFuture()
        underWay[machine] = EventLoopFuture.andAllComplete([before, work], on: loop)
    }

    private func serve(
        _ record: ExportRecord, _ journal: Journal, _ devices: [ServedExport.Device]
    ) throws -> ExportPlace {
        let served = ServedExport(
            record, socket: "\(folder)/\(record.name).sock", devices: devices, loop: disk)
        do {
            try DurableFile.makeFolder(folder, mode: 0o700)
            let entry = Entry(record: record, journal: journal, served: served, server: try served.serve())
            entries[record.name] = entry
            return entry.place
        } catch {
            disk.post { for device in devices { device.close() } }
            throw CaptureRefusal(.faulted, "\(error)")
        }
    }

    // MARK: Ending

    /// Ends an export; a branch is deleted with what was written to it.
    ///
    /// - Returns: fails with a `CaptureRefusal`.
    func withdraw(_ name: String) -> EventLoopFuture<Void> {
        guard let record = records.first(where: { $0.name == name }) else {
            return loop.makeFailedFuture(CaptureRefusal(.noSuchExport, "there is no export \(name)"))
        }
        records.removeAll { $0.name == name }
        let written = write()
        guard let entry = entries.removeValue(forKey: name) else { return written }
        let workers = workers
        let (loop, journal) = (loop, entry.journal)
        return written.and(close(entry)).flatMap { _ in
            guard record.isWritable else { return loop.makeSucceededVoidFuture() }
            let promise = loop.makePromise(of: Void.self)
            workers.run({ try journal.deleteBranch(name) }, { promise.completeWith($0) })
            return promise.futureResult
        }
    }

    /// Ends all exports of a machine for good.
    func endAll(of machine: MachineID) -> EventLoopFuture<Void> {
        let names = records.filter { $0.machine == machine }.map(\.name)
        return EventLoopFuture.andAllComplete(names.map { withdraw($0) }, on: loop)
    }

    /// Closes everything of a machine; it is served again when the journal is open again.
    func suspend(_ machine: MachineID) -> EventLoopFuture<Void> {
        let before = underWay[machine] ?? loop.makeSucceededVoidFuture()
        let (bound, loop) = (NIOLoopBound(self, eventLoop: loop), loop)
        return before.flatMap {
            let desk = bound.value
            let mine = desk.entries.values.filter { $0.record.machine == machine }
            for entry in mine { desk.entries[entry.record.name] = nil }
            return EventLoopFuture.andAllComplete(mine.map { desk.close($0) }, on: loop)
        }
    }

    private func close(_ entry: Entry) -> EventLoopFuture<Void> {
        let (loop, disk, server, devices) = (loop, disk, entry.server, entry.served.devices)
        let socket = entry.served.socket
        let closed = loop.makeFutureWithTask { await server.stop() }.flatMap {
            let promise = loop.makePromise(of: Void.self)
            disk.post {
                for device in devices { device.close() }
                promise.succeed()
            }
            return promise.futureResult
        }.flatMapThrowing { try DurableFile.remove(socket) }
        note(closed, of: entry.record.machine)
        return closed
    }

    private func write() -> EventLoopFuture<Void> {
        let (records, path, workers, loop) = (records, path, workers, loop)
        // A failed write before does not keep this one from being tried.
        let next = lastWrite.flatMapError { _ in loop.makeSucceededVoidFuture() }.flatMap {
            let promise = loop.makePromise(of: Void.self)
            workers.run({ try ExportRecord.write(records, to: path) }, { promise.completeWith($0) })
            return promise.futureResult
        }
        lastWrite = next
        return next
    }
}

extension PointSelection {
    init(_ choice: PointChoice) {
        self =
            switch choice {
            case .newest: .newest
            case .time(let moment): .time(moment)
            case .position(let generation, let sequence): .position(generation, sequence: sequence)
            case .bookmark(let text): .bookmark(text)
            }
    }
}

extension CaptureRefusal {
    init(_ error: PointError) {
        switch error.reason {
        case .noSuchPoint, .noSuchVolume: self.init(.noSuchPoint, "\(error)")
        case .damaged: self.init(.faulted, "\(error)")
        case .closed: self.init(.busy, "\(error)")
        }
    }
}
