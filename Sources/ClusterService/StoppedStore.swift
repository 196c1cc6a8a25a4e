import Foundation

/// The data directory of an etcd that is not running.
enum StoppedStore {
    /// A node that becomes a voter again starts with an empty store: the old one belongs to a member that was removed.
    /// The newest old one is kept beside it.
    static func setAside(_ directory: String) throws {
        let files = FileManager.default
        guard files.fileExists(atPath: directory) else { return }
        let old = directory + ".removed"
        if files.fileExists(atPath: old) { try files.removeItem(atPath: old) }
        try files.moveItem(atPath: directory, toPath: old)
    }
}
