import Glibc

/// What a non-blocking receive found.
public enum Received: Equatable, Sendable {
    /// This many bytes are at the start of the buffer.
    case bytes(Int)
    /// Nothing is waiting.
    case nothing
    /// The other side is gone.
    case closed
}

extension OwnedDescriptor {
    /// Sends one datagram, or what fits of a stream, without waiting and without SIGPIPE.
    ///
    /// - Returns: the number of bytes sent, or nil when the other side does not read (its buffer is full).
    /// - Throws: `SystemError`; EPIPE or ECONNRESET when the other side is gone.
    public func send(_ bytes: UnsafeRawBufferPointer) throws(SystemError) -> Int? {
        let flags = Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT)
        return try systemCallOrWouldBlock("send") { Glibc.send(raw, bytes.baseAddress, bytes.count, flags) }
    }

    /// As `send(_:)`, for text.
    ///
    /// - Throws: `SystemError`.
    public func send(_ text: String) throws(SystemError) -> Int? {
        let bytes = Array(text.utf8)
        let flags = Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT)
        return try systemCallOrWouldBlock("send") { Glibc.send(raw, bytes, bytes.count, flags) }
    }

    /// Receives one datagram, or what a stream holds, without waiting. A datagram longer than the buffer is cut; the
    /// returned count is its real length, which is how the caller sees it.
    ///
    /// - Throws: `SystemError`.
    public func receive(into buffer: UnsafeMutableRawBufferPointer) throws(SystemError) -> Received {
        let flags = Int32(MSG_DONTWAIT) | Int32(MSG_TRUNC)
        do throws(SystemError) {
            let count = try systemCallOrWouldBlock("receive") {
                recv(raw, buffer.baseAddress, buffer.count, flags)
            }
            guard let count else { return .nothing }
            return count == 0 ? .closed : .bytes(count)
        } catch {
            if error.errno == ECONNRESET { return .closed }
            throw error
        }
    }

    /// As `receive(into:)`, into an array; its count stays.
    ///
    /// - Throws: `SystemError`.
    public func receive(into buffer: inout [UInt8]) throws(SystemError) -> Received {
        let pointer = UnsafeMutableRawBufferPointer.allocate(byteCount: buffer.count, alignment: 1)
        defer { pointer.deallocate() }
        let received = try receive(into: pointer)
        if case .bytes(let count) = received {
            buffer.replaceSubrange(0..<min(count, buffer.count), with: pointer[..<min(count, buffer.count)])
        }
        return received
    }
}
