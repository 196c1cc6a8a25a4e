import Glibc

/// A client of an NBD export over a Unix socket, one request at a time: what a protected machine's kernel would be.
/// Written from the NBD protocol's description alone, so that it judges our server instead of sharing its mistakes.
public final class NBDClient {
    private static let optionMagic: UInt64 = 0x4948_4156_454F_5054
    private let descriptor: Int32
    private var handle: UInt64 = 0
    /// Bytes of the export.
    public let size: UInt64

    /// Connects and opens an export.
    /// - Throws: `LabError` when there is no server, or no such export.
    public init(socket path: String, export name: String) throws(LabError) {
        descriptor = try Self.connect(to: path)
        do {
            size = try Self.open(name, over: descriptor)
        } catch {
            close(descriptor)
            throw error
        }
    }

    deinit { close(descriptor) }

    public func read(at offset: UInt64, count: Int) throws(LabError) -> [UInt8] {
        try request(0, offset: offset, length: count, data: [])
        var bytes = [UInt8](repeating: 0, count: count)
        try Self.receive(&bytes, from: descriptor)
        return bytes
    }

    public func write(_ bytes: [UInt8], at offset: UInt64) throws(LabError) {
        try request(1, offset: offset, length: bytes.count, data: bytes)
    }

    /// Returns when everything written before is on the export's disk.
    public func flush() throws(LabError) { try request(3, offset: 0, length: 0, data: []) }

    private func request(_ command: UInt16, offset: UInt64, length: Int, data: [UInt8]) throws(LabError) {
        handle += 1
        var message = Self.bytes(UInt32(0x2560_9513)) + Self.bytes(UInt16(0)) + Self.bytes(command)
        message += Self.bytes(handle) + Self.bytes(offset) + Self.bytes(UInt32(length)) + data
        try Self.send(message, to: descriptor)
        var reply = [UInt8](repeating: 0, count: 16)
        try Self.receive(&reply, from: descriptor)
        guard Self.number(reply[0..<4]) == 0x6744_6698, Self.number(reply[8..<16]) == handle else {
            throw LabError("The NBD server's reply is not one to the request.")
        }
        let code = Int32(truncatingIfNeeded: Self.number(reply[4..<8]))
        guard code == 0 else { throw .system("An NBD request of \(length) bytes at \(offset)", code) }
    }

    /// Fixed newstyle without zeroes; NBD_OPT_EXPORT_NAME needs no further exchange.
    private static func open(_ name: String, over descriptor: Int32) throws(LabError) -> UInt64 {
        var greeting = [UInt8](repeating: 0, count: 18)
        try receive(&greeting, from: descriptor)
        guard number(greeting[8..<16]) == optionMagic else { throw LabError("The NBD server has another greeting.") }
        let text = Array(name.utf8)
        let option = bytes(UInt32(3)) + bytes(optionMagic) + bytes(UInt32(1)) + bytes(UInt32(text.count)) + text
        try send(option, to: descriptor)
        var answer = [UInt8](repeating: 0, count: 10)
        try receive(&answer, from: descriptor)
        return number(answer[0..<8])
    }

    private static func connect(to path: String) throws(LabError) -> Int32 {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let text = Array(path.utf8)
        guard text.count < MemoryLayout.size(ofValue: address.sun_path) else {
            throw LabError("The socket path \(path) is too long.")
        }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: text) }
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw .system("Making a socket", errno) }
        let size = socklen_t(MemoryLayout<sockaddr_un>.size)
        let result = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { Glibc.connect(descriptor, $0, size) }
        }
        guard result == 0 else {
            let code = errno
            close(descriptor)
            throw .system("Connecting to \(path)", code)
        }
        return descriptor
    }

    private static func send(_ bytes: [UInt8], to descriptor: Int32) throws(LabError) {
        var sent = 0
        while sent < bytes.count {
            let count = bytes.withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress! + sent, bytes.count - sent, Int32(MSG_NOSIGNAL))
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw .system("Sending to an NBD server", errno) }
            sent += count
        }
    }

    private static func receive(_ bytes: inout [UInt8], from descriptor: Int32) throws(LabError) {
        var received = 0
        let wanted = bytes.count
        while received < wanted {
            let count = bytes.withUnsafeMutableBytes {
                Glibc.read(descriptor, $0.baseAddress! + received, wanted - received)
            }
            if count < 0, errno == EINTR { continue }
            guard count != 0 else { throw LabError("The NBD server closed the connection.") }
            guard count > 0 else { throw .system("Reading from an NBD server", errno) }
            received += count
        }
    }

    private static func bytes(_ value: some FixedWidthInteger) -> [UInt8] {
        withUnsafeBytes(of: value.bigEndian) { Array($0) }
    }

    private static func number(_ bytes: ArraySlice<UInt8>) -> UInt64 { bytes.reduce(0) { $0 << 8 | UInt64($1) } }
}
