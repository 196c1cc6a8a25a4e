import ConfigurationCore
import Glibc
import Linux

/// One supervisor to a `run` folder. The kernel gives the lock back however its holder ends.
enum SupervisorLock {
    /// - Throws: `SupervisorError` while another supervisor holds it.
    static func take(_ configuration: NodeConfiguration) throws -> OwnedDescriptor {
        let path = configuration.run + "/supervisor.lock"
        let file = try OwnedDescriptor.open(path, flags: O_RDWR | O_CREAT)
        let raw = file.raw
        guard try systemCallOrWouldBlock("lock", path, { flock(raw, LOCK_EX | LOCK_NB) }) != nil else {
            throw SupervisorError("another supervisor runs with the folder \(configuration.run)")
        }
        return file
    }
}
