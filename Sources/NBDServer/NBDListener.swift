import BlockIO
import Glibc
import Linux
import Primitives

/// A socket that takes connections, on a loop.
final class NBDListener: DescriptorHandler, @unchecked Sendable {
    // @unchecked: used on its loop only.
    private let descriptor: OwnedDescriptor
    private let server: NBDServer
    private let loop: BlockLoop
    private var watch: BlockLoop.Watch?
    private var isOver = false

    init(_ descriptor: consuming OwnedDescriptor, _ server: NBDServer, _ loop: BlockLoop) {
        self.descriptor = descriptor
        self.server = server
        self.loop = loop
    }

    func start() {
        loop.post { self.listen() }
    }

    func stop() {
        loop.post {
            self.isOver = true
            self.rest()
        }
    }

    private func listen() {
        guard !isOver else { return }
        do throws(SystemError) {
            watch = try loop.watch(descriptor.raw, .readable, self)
        } catch {
            server.report(.failed(error))
        }
    }

    private func rest() {
        if let watch { loop.unwatch(watch) }
        watch = nil
    }

    func ready(_ readiness: Readiness) {
        do throws(SystemError) {
            while let accepted = try UnixSocket.accept(descriptor) { server.take(accepted) }
        } catch {
            server.report(.failed(error))
            // A client that has gone already matters to nobody else. Without descriptors or memory the waiting client
            // would wake the loop again and again.
            guard error.errno != ECONNABORTED else { return }
            rest()
            _ = loop.schedule(at: BootClock.now + .milliseconds(100)) { [self] in listen() }
        }
    }
}

/// Listening on TCP.
enum TCPSocket {
    /// - Returns: a descriptor that the caller closes, and the port that it got.
    static func listen(_ address: IPAddress, port: UInt16) throws(SystemError) -> (Int32, UInt16) {
        let family = address.isIPv4 ? AF_INET : AF_INET6
        let type = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue)
        let descriptor = OwnedDescriptor(taking: try systemCall("open a socket") { socket(family, type, 0) })
        let subject = "\(address) port \(port)"
        var yes: Int32 = 1
        try systemCall("set up", subject) {
            setsockopt(descriptor.raw, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
        }
        var (storage, size) = socketAddress(address, port)
        try systemCall("bind", subject) {
            withUnsafeBytes(of: &storage) { bytes in
                bind(descriptor.raw, bytes.baseAddress!.assumingMemoryBound(to: sockaddr.self), size)
            }
        }
        try systemCall("listen at", subject) { Glibc.listen(descriptor.raw, 128) }
        try systemCall("ask for the address of", subject) {
            withUnsafeMutableBytes(of: &storage) { bytes in
                getsockname(descriptor.raw, bytes.baseAddress!.assumingMemoryBound(to: sockaddr.self), &size)
            }
        }
        // The port is at the same place in both families.
        let bound = withUnsafeBytes(of: &storage) { UInt16(bigEndian: $0.load(fromByteOffset: 2, as: UInt16.self)) }
        return (descriptor.release(), bound)
    }

    private static func socketAddress(_ address: IPAddress, _ port: UInt16) -> (sockaddr_storage, socklen_t) {
        var storage = sockaddr_storage()
        storage.ss_family = sa_family_t(address.isIPv4 ? AF_INET : AF_INET6)
        let place = address.isIPv4 ? 4 : 8
        withUnsafeMutableBytes(of: &storage) { bytes in
            bytes.storeBytes(of: port.bigEndian, toByteOffset: 2, as: UInt16.self)
            UnsafeMutableRawBufferPointer(rebasing: bytes[place...]).copyBytes(from: address.bytes)
        }
        let size = address.isIPv4 ? MemoryLayout<sockaddr_in>.size : MemoryLayout<sockaddr_in6>.size
        return (storage, socklen_t(size))
    }
}
