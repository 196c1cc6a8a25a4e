import CLinux
import Glibc

/// Local sockets by path (unix(7)). Descriptors come close-on-exec and non-blocking.
public enum UnixSocket {
    public enum Kind: Sendable {
        /// Datagrams in order over a connection: a message is never split.
        case packets
        case stream

        var type: Int32 {
            switch self {
            case .packets: Int32(SOCK_SEQPACKET.rawValue)
            case .stream: Int32(SOCK_STREAM.rawValue)
            }
        }
    }

    /// Listens at the path with mode 0600; a socket file left by an earlier life is replaced.
    ///
    /// - Throws: `SystemError`; ENAMETOOLONG for a path over 107 bytes.
    public static func listen(_ path: String, kind: Kind, backlog: Int32 = 16) throws(SystemError) -> OwnedDescriptor {
        let descriptor = try open(kind)
        var address = try Self.address(path)
        if unlink(path) != 0, errno != ENOENT {
            throw SystemError(operation: "replace the socket", subject: path, errno: errno)
        }
        try systemCall("bind", path) {
            withSocketAddress(&address) { bind(descriptor.raw, $0, $1) }
        }
        try systemCall("set the mode of", path) { chmod(path, 0o600) }
        try systemCall("listen at", path) { Glibc.listen(descriptor.raw, backlog) }
        return descriptor
    }

    /// Makes a socket that a library has bound usable for root only.
    public static func restrict(_ path: String) throws(SystemError) {
        try systemCall("set the mode of", path) { chmod(path, 0o600) }
    }

    /// - Returns: the next connection, or nil when none is waiting.
    /// - Throws: `SystemError`.
    public static func accept(_ listener: borrowing OwnedDescriptor) throws(SystemError) -> OwnedDescriptor? {
        let raw = listener.raw
        guard let accepted = try systemCallOrWouldBlock("accept a connection", "", { clinux_accept(raw) }) else {
            return nil
        }
        return OwnedDescriptor(taking: accepted)
    }

    /// - Throws: `SystemError`; ENOENT or ECONNREFUSED when nobody listens.
    public static func connect(_ path: String, kind: Kind) throws(SystemError) -> OwnedDescriptor {
        let descriptor = try open(kind)
        var address = try Self.address(path)
        try systemCall("connect to", path) {
            withSocketAddress(&address) { Glibc.connect(descriptor.raw, $0, $1) }
        }
        return descriptor
    }

    /// Sends one datagram to a socket that may be abstract (a path that begins with @), as sd_notify(3) asks.
    ///
    /// - Throws: `SystemError`.
    public static func sendDatagram(_ text: String, to path: String) throws(SystemError) {
        let type = Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        let descriptor = OwnedDescriptor(taking: try systemCall("open a socket") { socket(AF_UNIX, type, 0) })
        var address = try Self.address(path)
        let bytes = Array(text.utf8)
        try systemCall("send to", path) {
            withSocketAddress(&address) { target, size in
                sendto(descriptor.raw, bytes, bytes.count, Int32(MSG_NOSIGNAL), target, size)
            }
        }
    }

    private static func open(_ kind: Kind) throws(SystemError) -> OwnedDescriptor {
        let type = kind.type | Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue)
        return OwnedDescriptor(taking: try systemCall("open a socket") { socket(AF_UNIX, type, 0) })
    }

    private struct Address {
        var storage = sockaddr_un()
        var size: socklen_t = 0
    }

    private static func address(_ path: String) throws(SystemError) -> Address {
        var address = Address()
        address.storage.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(path.utf8)
        guard !bytes.isEmpty, bytes.count < MemoryLayout.size(ofValue: address.storage.sun_path) else {
            throw SystemError(operation: "use as a socket", subject: path, errno: ENAMETOOLONG)
        }
        withUnsafeMutableBytes(of: &address.storage.sun_path) { $0.copyBytes(from: bytes) }
        let offset = MemoryLayout<sockaddr_un>.offset(of: \.sun_path)!
        let isAbstract = bytes[0] == UInt8(ascii: "@")
        if isAbstract {
            withUnsafeMutableBytes(of: &address.storage.sun_path) { $0[0] = 0 }
        }
        address.size = socklen_t(offset + bytes.count + (isAbstract ? 0 : 1))
        return address
    }

    private static func withSocketAddress<Result>(
        _ address: inout Address, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Result
    ) -> Result {
        let size = address.size
        return withUnsafePointer(to: &address.storage) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, size) }
        }
    }
}
