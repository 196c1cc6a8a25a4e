import Foundation
import Glibc
import Primitives

extension LabNode {
    private var dataFolder: String { "\(directory)/data" }
    private var filler: String { "\(dataFolder)/filler" }

    /// Gives the node's data folder a disk of its own that survives power cuts. Unmounted with the lab.
    func mountDisk(mebibytes: Int) throws(LabError) {
        do {
            try FileManager.default.createDirectory(atPath: dataFolder, withIntermediateDirectories: true)
        } catch {
            throw LabError("The folder \(dataFolder) cannot be made: \(error)")
        }
        try Command.run(["mount", "-t", "tmpfs", "-o", "size=\(mebibytes)m,mode=755", "keelson-lab", dataFolder])
    }

    /// Writes until no byte is left.
    /// - Throws: `LabError` when the disk is not one of the node's own: nothing is written then.
    public func fillDisk() throws(LabError) {
        guard try Command.attempt(["mountpoint", "-q", dataFolder]).code == 0 else {
            throw LabError("\(name) has no disk of its own that could be filled.")
        }
        let result = try Command.attempt(["cp", "/dev/zero", filler], within: .seconds(60))
        guard result.text.contains("No space left") else {
            throw LabError("The disk of \(name) could not be filled: \(result.text)")
        }
    }

    /// Takes back what `fillDisk` wrote.
    public func freeDisk() throws(LabError) {
        guard unlink(filler) == 0 else { throw .system("Removing \(filler)", errno) }
    }
}
