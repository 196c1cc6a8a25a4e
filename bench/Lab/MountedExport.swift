import Glibc
import Primitives

/// An NBD export as a mounted file system, where the kernel has no NBD of its own: nbdfuse shows the export as a file,
/// a loop device makes a disk of it. A flush of the file system arrives as NBD_CMD_FLUSH.
public final class MountedExport {
    private let folder: String
    private let bridge: ChildProcess
    private var isFileShown = false
    private var isMounted = false

    /// Where the file system is.
    public var path: String { "\(folder)/mount" }

    /// Mounts an export, with a new ext4 on it if wished.
    ///
    /// - Parameter folder: made anew; removed by `close`.
    /// - Throws: `LabError`; nothing is left behind then.
    public init(socket: String, export: String, folder: String, format: Bool) throws(LabError) {
        self.folder = folder
        try Command.run(["mkdir", "-p", "\(folder)/mount"])
        try Command.run(["touch", "\(folder)/disk"])
        let name = export.replacing("/", with: "%2F")
        bridge = try ChildProcess.start(
            ["nbdfuse", "\(folder)/disk", "nbd+unix:///\(name)?socket=\(socket)"], output: .file("\(folder)/nbdfuse"))
        do {
            try Condition.hold("the export \(export) as a file", within: .seconds(10)) { () throws(LabError) in
                try Command.run(["stat", "--file-system", "--format", "%T", "\(folder)/disk"]).contains("fuse")
            }
            isFileShown = true
            if format { try Command.run(["mkfs.ext4", "-q", "-F", "\(folder)/disk"], within: .seconds(60)) }
            try Command.run(["mount", "-o", "loop", "\(folder)/disk", path])
            isMounted = true
        } catch {
            try close()
            throw error
        }
    }

    /// Takes the file system, the loop device and the file away.
    /// - Throws: `LabError` when something still uses the file system.
    public func close() throws(LabError) {
        if isMounted { try Command.run(["umount", path]) }
        isMounted = false
        if isFileShown { try Command.run(["umount", "\(folder)/disk"]) }
        isFileShown = false
        bridge.killAndCollect()
        try Command.run(["rm", "-r", "--one-file-system", folder])
    }
}
