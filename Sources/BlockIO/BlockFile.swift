import CLinux
import Glibc
import Linux

/// A regular file or a disk as a block device on a loop, by libaio and past the page cache where the file system can.
///
/// A failed flush faults it: the kernel may have dropped what it could not write, so every later write and flush
/// answers EIO until the file is opened again. Reads go on.
public final class BlockFile: BlockDevice, @unchecked Sendable {
    // @unchecked: used from its loop only, which `submit` checks.

    public enum Access: Sendable { case readOnly, readWrite }
    public enum Caching: Sendable {
        /// Past the page cache, or an error.
        case direct
        /// Past the page cache where the file system can. Where it cannot, transfers block the loop while they copy.
        case directWherePossible
    }

    /// The path it was opened by.
    public let path: String
    public let loop: BlockLoop
    public private(set) var geometry: BlockGeometry
    /// Whether transfers go past the page cache.
    public let isDirect: Bool
    /// A disk rather than a file.
    public let isDisk: Bool
    /// Why it does not write any more.
    public private(set) var fault: SystemError?
    /// Told of every transfer that failed, in a sentence; on the loop, ahead of the completion.
    public var failed: ((SystemError) -> Void)?
    /// Requests that are not completed yet.
    public private(set) var pending = 0

    private let descriptor: OwnedDescriptor
    private var slowCalls: SlowCalls?

    /// Opens a file or a disk. Blocks; from any thread.
    ///
    /// - Throws: `BlockFileError`.
    public init(
        _ path: String, on loop: BlockLoop, access: Access = .readWrite, caching: Caching = .directWherePossible
    ) throws(BlockFileError) {
        let opened = try OpenedFile.open(path, access: access, caching: caching)
        self.path = path
        self.loop = loop
        geometry = opened.geometry
        isDirect = opened.isDirect
        isDisk = opened.isDisk
        descriptor = OwnedDescriptor(taking: opened.raw)
    }

    deinit {
        precondition(pending == 0, "\(path) was given up with \(pending) requests under way")
        slowCalls?.stop()
    }

    var raw: Int32 { descriptor.raw }

    public func submit(_ request: BlockRequest, for client: any BlockClient) {
        loop.preconditionCurrent()
        precondition(geometry.allows(request), "a request outside of \(path), or not aligned")
        let slot = SubmissionQueue.Slot(file: self, client: client, request: request, done: 0)
        if fault != nil, request.kind != .read { return answer(slot, errno: EIO) }
        pending += 1
        switch request.kind {
        case .read, .write: loop.queue.add(slot)
        case .flush: if flushesSlowly { callSlowly(slot) } else { loop.queue.add(slot) }
        case .discard, .writeZeroes: callSlowly(slot)
        }
    }

    /// The loop starts what all of its files were given in a turn together.
    public func endTurn() {}

    /// Makes a file longer or shorter; blocks for as long as the file system needs.
    ///
    /// - Precondition: no disk, nothing under way behind the new end.
    /// - Throws: `BlockFileError`.
    public func resize(to size: UInt64) throws(BlockFileError) {
        loop.preconditionCurrent()
        precondition(!isDisk && !geometry.isReadOnly, "\(path) cannot be resized")
        guard size % UInt64(geometry.blockSize) == 0, size <= UInt64(Int64.max) else {
            throw .oddSize(path: path, size: size, blockSize: geometry.blockSize)
        }
        do throws(SystemError) {
            try systemCall("resize", path) { ftruncate(raw, off_t(size)) }
        } catch { throw .system(error) }
        geometry.size = size
    }

    // MARK: Completions

    /// Answers a request without the kernel, in the next turn.
    func answer(_ slot: SubmissionQueue.Slot, errno code: Int32) {
        pending += 1
        loop.queue.finish(slot, errno: code)
    }

    /// The kernel's asynchronous flush answered EINVAL: it is done by a call that blocks.
    private var flushesSlowly = false

    private func callSlowly(_ slot: SubmissionQueue.Slot) {
        do throws(SystemError) {
            if slowCalls == nil { slowCalls = try SlowCalls(raw, isDisk: isDisk) }
            slowCalls?.add(slot)
        } catch {
            failed?(error)
            loop.queue.finish(slot, errno: error.errno)
        }
    }

    /// A transfer found the end of the file ahead of where it was.
    func ended(_ request: BlockRequest) {
        let operation = request.kind == .read ? "read" : "write"
        failed?(
            SystemError(
                operation: "\(operation) \(request.length) bytes at \(request.offset), where it ended earlier, of",
                subject: path, errno: EIO))
    }

    func completed(_ slot: SubmissionQueue.Slot, errno code: Int32) {
        let request = slot.request
        if code == EINVAL, request.kind == .flush, !flushesSlowly {
            flushesSlowly = true
            return callSlowly(slot)
        }
        pending -= 1
        if code != 0 { note(request, code) }
        // What was under way when a flush failed is not known to be safe.
        slot.client.completed(request.token, errno: fault != nil && request.kind != .read ? EIO : code)
    }

    private func note(_ request: BlockRequest, _ code: Int32) {
        if fault != nil, request.kind != .read { return }
        let isFlush = request.kind == .flush || (request.isForced && code == EIO)
        let error = SystemError(
            operation: isFlush ? "flush" : "\(request.kind) \(request.length) bytes at \(request.offset) of",
            subject: path, errno: code)
        if isFlush { fault = error }
        // Not fast is an answer, no failure.
        if code != EOPNOTSUPP || !request.isFastOnly { failed?(error) }
    }
}

extension BlockGeometry {
    /// Whether a request lies within the device, is aligned, and has memory where it needs some.
    public func allows(_ request: BlockRequest) -> Bool {
        if request.kind == .flush { return true }
        let mask = UInt64(blockSize - 1)
        guard request.length > 0, (request.offset | UInt64(request.length)) & mask == 0 else { return false }
        guard request.offset <= size, UInt64(request.length) <= size - request.offset else { return false }
        switch request.kind {
        case .read: return request.memory != nil
        case .write: return request.memory != nil && !isReadOnly
        default: return !isReadOnly
        }
    }
}
