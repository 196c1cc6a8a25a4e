import BlockIO
import Glibc
import Linux
import Primitives
import TapCore

/// The file of a volume's write-intent log, on the tap's loop.
final class IntentFile: BlockClient {
    private(set) var log: WriteIntentLog
    private let file: BlockFile
    private let page = UnsafeMutableRawPointer.allocate(byteCount: IntentFormat.pageSize, alignment: 4096)
    /// The marks cannot be written: a crash from here on means that everything is compared.
    private(set) var fault: SystemError?
    /// Called when marks are on stable storage, or cannot be.
    var marked: (() -> Void)?
    /// Called once.
    var faulted: ((SystemError) -> Void)?

    /// Opens the file, or makes one that marks nothing. Blocks.
    ///
    /// - Parameter isTrusted: false marks everything, whatever the file says.
    /// - Throws: `SystemError` or `BlockFileError` that names the path.
    init(_ path: String, format: IntentFormat, isTrusted: Bool, on loop: BlockLoop) throws {
        let bytes = try DurableFile.read(path, limit: 64 << 20)
        var marked = RegionSet(count: format.regions)
        if let bytes { marked = format.decode(bytes) }
        if !isTrusted { marked = .all(format.regions) }
        if bytes?.count != format.fileSize || !isTrusted {
            let pages = (0..<format.pages).flatMap { format.encode($0, marked) }
            try DurableFile.replace(path, with: pages, mode: 0o600)
        }
        log = WriteIntentLog(format: format, marked: marked)
        file = try BlockFile(path, on: loop)
    }

    deinit { page.deallocate() }

    var format: IntentFormat { log.format }

    func begin(offset: UInt64, length: UInt64) -> Bool { log.begin(offset: offset, length: length) || fault != nil }
    func mayGo(offset: UInt64, length: UInt64) -> Bool { fault != nil || log.mayGo(offset: offset, length: length) }

    func end(offset: UInt64, length: UInt64, record: UInt64) {
        log.end(offset: offset, length: length, record: record)
    }

    func copied(offset: UInt64, length: UInt64, record: UInt64) {
        log.copied(offset: offset, length: length, record: record)
    }

    /// Pages are not as they should be yet.
    var isBusy: Bool { fault == nil && (log.needsPageWrite || !log.canGrow) }

    /// Whether no page is on its way.
    var canGrow: Bool { log.canGrow }

    /// The volume became larger.
    ///
    /// - Throws: `BlockFileError` when the file cannot become longer.
    func grow(to size: UInt64) throws {
        let format = IntentFormat(size: size, regionSize: format.regionSize)
        try file.resize(to: UInt64(format.fileSize))
        log.grow(format)
        turn()
    }

    /// Marks everything.
    func markAll() {
        log.markAll()
        turn()
    }

    /// Keeps the marks of a range until the next start.
    func distrust(offset: UInt64, length: UInt64) { log.copied(offset: offset, length: length, record: .max) }

    func startGeneration() { log.startGeneration() }

    func sweep(acknowledged: UInt64, changed: ChangedBlocks) {
        log.sweep(acknowledged: acknowledged, changed: changed)
        turn()
    }

    /// Starts the next page write, if one is due.
    func turn() {
        guard fault == nil, let next = log.nextPage() else { return }
        page.copyMemory(from: next.bytes, byteCount: next.bytes.count)
        file.submit(
            BlockRequest(
                .write, offset: next.offset, length: next.bytes.count, memory: page, isForced: true, token: 0),
            for: self)
    }

    func completed(_ token: UInt64, errno code: Int32) {
        if code == 0 {
            log.pageWritten()
        } else {
            let error = SystemError(operation: "mark what is written in", subject: file.path, errno: code)
            fault = error
            faulted?(error)
        }
        marked?()
        turn()
    }
}
