import Foundation
import Glibc
import Primitives

extension LabNode {
    private var dataFolder: String { "\(directory)/data" }
    private var filler: String { "\(dataFolder)/filler" }

    /// Gives the node's data folder a disk of its own (ext4 in a file) that survives power cuts. Unmounted with the lab.
    func mountDisk(mebibytes: Int) throws(LabError) {
        do {
            try FileManager.default.createDirectory(atPath: dataFolder, withIntermediateDirectories: true)
        } catch {
            throw LabError("The folder \(dataFolder) cannot be made: \(error)")
        }
        let image = "\(directory)/disk.ext4"
        try Command.run(["truncate", "-s", "\(mebibytes)M", image])
        try Command.run(["mkfs.ext4", "-q", "-m", "0", image])
        try Command.run(["mount", "-o", "loop", image, dataFolder])
    }

    /// From now on every write and every flush of the node waits, as on a disk that has gone away.
    /// - Throws: `LabError` when the disk is not one of the node's own.
    public func stallDisk() throws(LabError) {
        try requireOwnDisk()
        try Command.run(["fsfreeze", "--freeze", dataFolder])
    }

    /// Takes back what `stallDisk` did.
    public func resumeDisk() throws(LabError) { try Command.run(["fsfreeze", "--unfreeze", dataFolder]) }

    private func requireOwnDisk() throws(LabError) {
        guard try Command.attempt(["mountpoint", "-q", dataFolder]).code == 0 else {
            throw LabError("\(name) has no disk of its own.")
        }
    }

    /// Writes until no byte is left.
    /// - Throws: `LabError` when the disk is not one of the node's own: nothing is written then.
    public func fillDisk() throws(LabError) {
        try requireOwnDisk()
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
