import Identity
import Synchronization

/// The node's certificates, read anew now and then since they are renewed.
final class IdentityBook: Sendable {
    private let folder: IdentityFolder
    private let current: Mutex<NodeIdentity?>

    /// - Throws: what reading them throws; a member has them.
    init(folder: IdentityFolder) throws {
        self.folder = folder
        current = Mutex(try folder.load())
    }

    var identity: NodeIdentity {
        guard let identity = current.withLock({ $0 }) else { preconditionFailure("there was an identity") }
        return identity
    }

    /// - Throws: what reading them throws; the old ones stay.
    func reload() throws {
        let fresh = try folder.load()
        current.withLock { $0 = fresh }
    }
}
