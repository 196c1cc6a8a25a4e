import CLinux
import Glibc
import Linux

/// A file or disk that was opened and looked at.
struct OpenedFile {
    /// Whoever has this closes it.
    let raw: Int32
    let geometry: BlockGeometry
    let isDirect: Bool
    let isDisk: Bool

    static func open(
        _ path: String, access: BlockFile.Access, caching: BlockFile.Caching
    ) throws(BlockFileError) -> OpenedFile {
        let isReadOnly = access == .readOnly
        let flags = (isReadOnly ? O_RDONLY : O_RDWR) | O_NOCTTY | O_NONBLOCK
        let (raw, isDirect) = try open(path, flags, caching)
        let descriptor = OwnedDescriptor(taking: raw)
        var facts = clinux_block_facts()
        do throws(SystemError) {
            try systemCall("look at", path) { clinux_block_facts(descriptor.raw, &facts) }
        } catch { throw .system(error) }
        guard facts.kind != CLINUX_BLOCK_OTHER else { throw .notADisk(path: path) }
        let isDisk = facts.kind == CLINUX_BLOCK_DEVICE
        let blockSize = blockSize(descriptor.raw, facts, isDirect: isDirect)
        guard facts.size % UInt64(blockSize) == 0 else {
            throw .oddSize(path: path, size: facts.size, blockSize: blockSize)
        }
        let geometry = BlockGeometry(size: facts.size, blockSize: blockSize, isReadOnly: isReadOnly)
        return OpenedFile(raw: descriptor.release(), geometry: geometry, isDirect: isDirect, isDisk: isDisk)
    }

    private static func open(
        _ path: String, _ flags: Int32, _ caching: BlockFile.Caching
    ) throws(BlockFileError) -> (raw: Int32, isDirect: Bool) {
        do throws(SystemError) {
            return (try OwnedDescriptor.open(path, flags: flags | clinux_direct_flag()).release(), true)
        } catch {
            // What open(2) says of a file system without direct transfers.
            guard error.errno == EINVAL else { throw .system(error) }
        }
        guard caching == .directWherePossible else { throw .notDirect(path: path) }
        do throws(SystemError) {
            return (try OwnedDescriptor.open(path, flags: flags).release(), false)
        } catch { throw .system(error) }
    }

    private static func blockSize(_ descriptor: Int32, _ facts: clinux_block_facts, isDirect: Bool) -> Int {
        if facts.kind == CLINUX_BLOCK_DEVICE || (isDirect && facts.alignment > 0) {
            return max(512, Int(facts.alignment))
        }
        guard isDirect else { return 512 }
        // The kernel does not say: a small direct read finds out.
        let page = UnsafeMutableRawPointer.allocate(byteCount: 4096, alignment: 4096)
        defer { page.deallocate() }
        return pread(descriptor, page, 512, 0) < 0 && errno == EINVAL ? 4096 : 512
    }
}
