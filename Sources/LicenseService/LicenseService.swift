import ConfigurationCore
import Glibc
import Hardware
import LicenseCore
import Linux

/// The license validator: one thread, one poll loop, no state. Nothing waits for it.
public struct LicenseService: ~Copyable {
    private let server: ValidatorServer
    private let signals: SignalDescriptor

    /// Listens; call before other threads start.
    /// - Throws: `SystemError` that names the socket.
    public static func start(
        socket: String, keys: VendorKeys, hardware: @escaping () -> HardwarePrint
    ) throws(SystemError) -> LicenseService {
        let signals = try SignalDescriptor([SIGTERM, SIGINT])
        return LicenseService(
            server: try ValidatorServer(socket, Validator(keys: keys, hardware: hardware)), signals: signals)
    }

    /// Until SIGTERM or SIGINT.
    /// - Throws: `SystemError`.
    public func run() throws(SystemError) {
        while true {
            var set = ([signals.raw] + server.descriptors).map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
            try Poller.wait(&set)
            if set[0].revents != 0, try signals.next() != nil { return }
            for ready in set.dropFirst() where ready.revents != 0 { try server.serve(ready.fd) }
        }
    }
}
