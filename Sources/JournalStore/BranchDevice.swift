import BlockIO
import Glibc
import JournalCore
import Linux
import StreamProtocol

/// One volume of a point that can be written: what is written stands in an image of its own at the same places, with a
/// map that says where; the rest is the point's. After a flush it survives a crash; `delete` ends it. Of the journal's
/// loop.
public final class BranchDevice: BlockDevice, @unchecked Sendable {
    // @unchecked: used from the journal's loop only.

    public let geometry: BlockGeometry
    public let parent: PointDevice
    private let image: BlockFile
    private let mapFile: BlockFile
    private var map: BlockMap

    private struct Request {
        unowned(unsafe) var client: any BlockClient
        var request: BlockRequest
        var remaining: Int
        var errno: Int32
    }

    private enum Flushing { case idle, data, pages, map }

    private var requests: [Request] = []
    private var free: [Int] = []
    private var flushing = Flushing.idle
    private var flushErrno: Int32 = 0
    private var pagesLeft = 0
    private var pending: [(number: UInt64, words: [UInt64])] = []
    private var pageMemory: [UnsafeMutableRawPointer] = []
    /// Requests that the flush under way completes, and those for the next one.
    private var flushed: [Int] = []
    private var toFlush: [Int] = []
    private static let flushToken = UInt64.max

    /// - Parameters:
    ///   - parent: is closed with the branch.
    ///   - files: made by `create`.
    init(_ parent: PointDevice, _ files: BranchFiles) throws {
        self.parent = parent
        geometry = BlockGeometry(size: parent.geometry.size, blockSize: parent.geometry.blockSize)
        let loop = parent.journal.host.loop
        image = try BlockFile(files.image, on: loop)
        mapFile = try BlockFile(files.map, on: loop)
        guard image.geometry.blockSize <= geometry.blockSize else {
            throw SystemError(
                operation: "keep blocks of \(geometry.blockSize) bytes in", subject: files.image, errno: ENOTSUP)
        }
        map = try BlockMap(files.map)
    }

    /// Lets branch and point go; nothing may be under way. What was not flushed may be lost.
    public func close() {
        precondition(requests.count == free.count && flushing == .idle, "a branch is closed while it is used")
        parent.close()
    }

    public func submit(_ request: BlockRequest, for client: any BlockClient) {
        let index = take(Request(client: client, request: request, remaining: 1, errno: 0))
        switch request.kind {
        case .read: read(index)
        case .write:
            requests[index].remaining += 1
            var own = request
            own.token = UInt64(index)
            own.isForced = false
            image.submit(own, for: self)
        case .writeZeroes, .discard:
            requests[index].remaining += 1
            image.submit(
                BlockRequest(
                    .writeZeroes, offset: request.offset, length: request.length, mayFreeSpace: request.mayFreeSpace,
                    isFastOnly: request.isFastOnly, token: UInt64(index)), for: self)
        case .flush:
            requests[index].remaining += 1
            toFlush.append(index)
            startFlush()
        }
        finish(index)
    }

    public func endTurn() { image.endTurn() }

    public func extents(offset: UInt64, length: UInt64) throws -> [BlockExtent] {
        let unit = UInt64(StreamUnit.bytes)
        let run = map.run(offset / unit, limit: min(length / unit, 1 << 16))
        if run.isPresent { return try image.extents(offset: offset, length: run.units * unit) }
        return try parent.extents(offset: offset, length: run.units * unit)
    }

    private func read(_ index: Int) {
        let request = requests[index].request
        guard let memory = request.memory else { preconditionFailure("a reading without memory") }
        let unit = UInt64(StreamUnit.bytes)
        var place = request.offset / unit
        let end = place + UInt64(request.length) / unit
        while place < end {
            let run = map.run(place, limit: end - place)
            let target = memory + Int(place * unit - request.offset)
            let own = BlockRequest(
                .read, offset: place * unit, length: Int(run.units * unit), memory: target, token: UInt64(index))
            requests[index].remaining += 1
            if run.isPresent { image.submit(own, for: self) } else { parent.submit(own, for: self) }
            place += run.units
        }
    }

    private func take(_ request: Request) -> Int {
        if let index = free.popLast() {
            requests[index] = request
            return index
        }
        requests.append(request)
        return requests.count - 1
    }

    private func finish(_ index: Int) {
        requests[index].remaining -= 1
        guard requests[index].remaining == 0 else { return }
        let request = requests[index]
        free.append(index)
        request.client.completed(request.request.token, errno: request.errno)
    }
}

extension BranchDevice: BlockClient {
    public func completed(_ token: UInt64, errno: Int32) {
        if token == Self.flushToken { return flushAdvanced(errno) }
        let index = Int(token)
        if errno != 0, requests[index].errno == 0 { requests[index].errno = errno }
        let request = requests[index].request
        let isWrite = request.kind != .read && request.kind != .flush
        if isWrite, errno == 0 {
            let unit = UInt64(StreamUnit.bytes)
            map.insert(request.offset / unit..<(request.offset + UInt64(request.length)) / unit)
            if request.isForced {
                toFlush.append(index)
                return startFlush()
            }
        }
        finish(index)
    }

    /// Data first, then the map that makes it count.
    private func startFlush() {
        guard flushing == .idle, !toFlush.isEmpty else { return }
        swap(&toFlush, &flushed)
        flushErrno = 0
        flushing = .data
        image.submit(BlockRequest(.flush, token: Self.flushToken), for: self)
        pending = map.takeDirty()
    }

    private func flushAdvanced(_ errno: Int32) {
        if errno != 0 { flushErrno = errno }
        switch flushing {
        case .idle: preconditionFailure("a flush that nobody asked for")
        case .data:
            guard flushErrno == 0, !pending.isEmpty else { return endFlush() }
            flushing = .pages
            writePages()
        case .pages:
            pagesLeft -= 1
            guard pagesLeft == 0 else { return }
            for memory in pageMemory { memory.deallocate() }
            pageMemory = []
            guard flushErrno == 0 else { return endFlush() }
            flushing = .map
            mapFile.submit(BlockRequest(.flush, token: Self.flushToken), for: self)
        case .map: endFlush()
        }
    }

    private func writePages() {
        pagesLeft = pending.count
        for (number, words) in pending {
            let memory = UnsafeMutableRawPointer.allocate(
                byteCount: BlockMap.pageLength, alignment: BlockMap.pageLength)
            words.withUnsafeBytes { memory.copyMemory(from: $0.baseAddress!, byteCount: $0.count) }
            pageMemory.append(memory)
            mapFile.submit(
                BlockRequest(
                    .write, offset: number * UInt64(BlockMap.pageLength), length: BlockMap.pageLength,
                    memory: memory, token: Self.flushToken), for: self)
        }
        pending = []
    }

    private func endFlush() {
        flushing = .idle
        let done = flushed
        flushed = []
        for index in done {
            if flushErrno != 0 { requests[index].errno = flushErrno }
            finish(index)
        }
        startFlush()
    }
}

/// The files of one volume of a branch.
struct BranchFiles: Sendable {
    let image: String
    let map: String

    init(_ folder: JournalFolder, _ name: String, _ volume: VolumeNumber) {
        image = "\(folder.path)/branch-\(name)-\(volume.number).img"
        map = "\(folder.path)/branch-\(name)-\(volume.number).map"
    }

    /// Makes them, unless they are there.
    ///
    /// - Throws: `SystemError`.
    func create(_ size: UInt64) throws(SystemError) {
        let unit = UInt64(StreamUnit.bytes)
        let page = UInt64(BlockMap.pageLength)
        for (path, length) in [
            (image, (size + page - 1) / page * page), (map, BlockMap.length(units: size / unit)),
        ] {
            do throws(SystemError) { try BlockFile.create(path, size: length) } catch {
                if error.errno != EEXIST { throw error }
            }
        }
    }

    /// - Throws: `SystemError`.
    func remove() throws(SystemError) {
        try JournalFolder.remove(map)
        try JournalFolder.remove(image)
    }
}

extension Journal {
    /// Opens volumes of a point to be written, under a name of letters and digits; a branch of that name that is there
    /// already goes on, whose point must be the same. They belong to the journal's loop and are closed one by one.
    ///
    /// - Parameter volumes: empty: all that the machine had.
    public func openBranch(
        _ name: String, at selection: PointSelection, volumes: [VolumeNumber] = [],
        completion: @escaping @Sendable (Result<[BranchDevice], PointError>) -> Void
    ) {
        openPoint(selection, volumes: volumes) { outcome in
            completion(
                outcome.flatMap { points in
                    var devices: [BranchDevice] = []
                    do {
                        for point in points {
                            let files = BranchFiles(self.folder, name, point.volume)
                            try files.create(point.geometry.size)
                            devices.append(try BranchDevice(point, files))
                        }
                        return .success(devices)
                    } catch {
                        for point in points { point.close() }
                        return .failure(PointError(reason: .damaged("\(error)")))
                    }
                })
        }
    }

    /// Deletes a branch that is closed, with everything that was written to it. Blocks shortly.
    ///
    /// - Throws: `SystemError`.
    public func deleteBranch(_ name: String) throws(SystemError) {
        for file in try folder.names() where file.hasPrefix("branch-\(name)-") {
            try JournalFolder.remove(folder.path + "/" + file)
        }
    }
}
