import Compression
import JournalCore
import JournalStore
import Linux
import Logging
import NIOCore
import Primitives
import ReplicationCore
import StreamProtocol

/// A base image that comes from the other node. Ranges are written one batch after the other by workers.
struct CopyReceiver {
    let connection: ReceiverCore.Connection
    let volumes: [JournalVolume]
    var builder: BaseBuilder?
    var waiting: [CopyRange] = []
    var waitingBytes = 0
    var isWriting = false
    var end: CopyEnd?
    var received: UInt64 = 0

    /// Bytes that wait for the disk before the connection is no longer read.
    static let limit = 8 << 20
}

extension MachineStream {
    func beginCopy(_ number: ReceiverCore.Connection) {
        guard let open, let hello = hellos[number] else { return }
        let volumes = hello.volumes.map {
            JournalVolume(number: $0.number, size: $0.size, blockSize: Int($0.blockSize))
        }
        copying = CopyReceiver(connection: number, volumes: volumes)
        let journal = open.journal
        surroundings.workers.run(
            { try journal.buildBase(volumes: volumes) },
            returning { [weak self] (result: Result<BaseBuilder, any Error>) in
                guard let self, self.copying?.connection == number else { return }
                switch result {
                case .success(let builder):
                    self.copying?.builder = builder
                    self.writeCopy()
                case .failure(let error): self.endCopy(number, "the copy cannot be begun: \(error)")
                }
            })
    }

    func take(_ range: CopyRange, from number: ReceiverCore.Connection) {
        guard copying?.connection == number, copying?.end == nil else {
            connections[number]?.end("a piece of a copy that nobody awaits")
            return
        }
        copying?.waiting.append(range)
        copying?.waitingBytes += range.stored.count
        copying?.received += UInt64(range.rawLength)
        if let waiting = copying?.waitingBytes, waiting > CopyReceiver.limit { connections[number]?.pause(true) }
        writeCopy()
    }

    func endCopy(_ end: CopyEnd, from number: ReceiverCore.Connection) {
        guard copying?.connection == number, copying?.end == nil else {
            connections[number]?.end("the end of a copy that nobody awaits")
            return
        }
        copying?.end = end
        writeCopy()
    }

    func dropCopy(of number: ReceiverCore.Connection) {
        // What was written is removed by the next copy or opening.
        if copying?.connection == number { copying = nil }
    }

    private func endCopy(_ number: ReceiverCore.Connection, _ reason: String) {
        logger.error("machine \(machine): \(reason)")
        connections[number]?.end(reason)
        dropCopy(of: number)
    }

    private func writeCopy() {
        guard let copy = copying, let builder = copy.builder, !copy.isWriting else { return }
        guard !copy.waiting.isEmpty else {
            if let end = copy.end { finishCopy(builder, end, copy) }
            return
        }
        copying?.isWriting = true
        copying?.waiting = []
        let ranges = copy.waiting
        let number = copy.connection
        surroundings.workers.run(
            { for range in ranges { try builder.write(try BaseRange(expanding: range)) } },
            returning { [weak self] (result: Result<Void, any Error>) in
                guard let self, self.copying?.connection == number else { return }
                self.copying?.isWriting = false
                let written = ranges.reduce(0) { $0 + $1.stored.count }
                self.copying?.waitingBytes -= written
                if case .failure(let error) = result { return self.endCopy(number, "the copy is ended: \(error)") }
                self.connections[number]?.pause(false)
                self.writeCopy()
            })
    }

    /// Points of what was here before are gone with it.
    private func finishCopy(_ builder: BaseBuilder, _ end: CopyEnd, _ copy: CopyReceiver) {
        copying?.isWriting = true
        let number = copy.connection
        let start = BaseCopyStart(
            place: JournalPlace(position: end.position, ordinal: 0), time: end.time, isConsistent: end.isConsistent,
            volumes: copy.volumes)
        let stored = returning { [weak self] (failure: SystemError?) in
            guard let self, self.copying?.connection == number else { return }
            if let failure { return self.endCopy(number, "the copy cannot be made durable: \(failure)") }
            self.copyStored(end, number)
        }
        exports.endAll(of: machine).assumeIsolated().whenComplete { _ in
            self.whenQuiet { builder.finish(start, completion: stored) }
        }
    }

    private func copyStored(_ end: CopyEnd, _ number: ReceiverCore.Connection) {
        copying = nil
        recent.removeAll()
        clock.forget()
        guard let open else { return }
        let branch = ForwarderCore.Branch(generation: end.position.generation, predecessor: end.predecessor)
        open.branches.replace(with: branch)
        let book = open.branches
        surroundings.workers.run(
            { try book.write() },
            returning { [weak self] (result: Result<Void, any Error>) in
                switch result {
                case .success: self?.step(.event(.copyStored(number, end)))
                case .failure(let error): self?.journalFaulted("\(error)")
                }
            })
    }
}

extension BaseRange {
    /// - Throws: `ExpansionFailure`.
    fileprivate init(expanding range: CopyRange) throws {
        var bytes = range.stored
        if range.codec != .none {
            bytes = [UInt8](repeating: 0, count: range.rawLength)
            try bytes.withUnsafeMutableBytes { target in
                try range.stored.withUnsafeBytes { stored in
                    switch range.codec {
                    case .none: break
                    case .lz4: try LZ4.expand(stored, into: target)
                    case .zstd: try Zstd().expand(stored, into: target)
                    }
                }
            }
        }
        self.init(volume: range.volume, address: range.address, units: UInt64(range.units), bytes: bytes)
    }
}
