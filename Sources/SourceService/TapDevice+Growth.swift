import BlockIO
import Linux
import TapCore

extension TapDevice {
    /// Takes a file's new length over, if it became longer.
    ///
    /// - Returns: whether the volume is larger now; the rest is marked as changed.
    /// - Throws: `SystemError` or `BlockFileError` that names the path.
    func growToFile() throws -> Bool {
        guard !below.isDisk, !below.geometry.isReadOnly else { return false }
        let size = try FileFacts(below.path).size / 4096 * 4096
        let before = geometry.size
        guard size > before, intents.canGrow else { return false }
        try below.resize(to: size)
        try intents.grow(to: size)
        changed.resize(to: size)
        suspect.resize(to: size)
        suspect.clear(offset: before, length: size - before)
        return true
    }
}
