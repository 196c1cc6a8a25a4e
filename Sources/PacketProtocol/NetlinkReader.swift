import Primitives

/// What the kernel says in a netlink datagram that is not what netlink(7) describes.
public struct NetlinkFormatError: Error, Equatable, Sendable, CustomStringConvertible {
    public let description: String
}

/// The header of every message (struct nlmsghdr).
public struct NetlinkHeader: Equatable, Sendable {
    public static let size = 16

    /// Of the message with this header, in bytes.
    public let length: Int
    public let type: UInt16
    public let flags: UInt16
    public let sequence: UInt32
    public let port: UInt32
}

/// Walks over messages and attributes of a datagram. Every length is checked before it is used.
public enum NetlinkReader {
    /// Calls the body with each message's header and what follows it.
    ///
    /// - Throws: `NetlinkFormatError` when a length points outside the datagram, or what the body throws.
    public static func messages(
        in datagram: RawSpan, _ body: (NetlinkHeader, RawSpan) throws(NetlinkFormatError) -> Void
    ) throws(NetlinkFormatError) {
        var offset = 0
        while offset < datagram.byteCount {
            guard let length = datagram.native(at: offset, as: UInt32.self).map(Int.init),
                let type = datagram.native(at: offset + 4, as: UInt16.self),
                let flags = datagram.native(at: offset + 6, as: UInt16.self),
                let sequence = datagram.native(at: offset + 8, as: UInt32.self),
                let port = datagram.native(at: offset + 12, as: UInt32.self)
            else { throw NetlinkFormatError(description: "a netlink message is cut in its header") }
            guard length >= NetlinkHeader.size, length <= datagram.byteCount - offset else {
                throw NetlinkFormatError(
                    description: "a netlink message gives \(length) bytes of \(datagram.byteCount - offset)")
            }
            let header = NetlinkHeader(length: length, type: type, flags: flags, sequence: sequence, port: port)
            try body(header, datagram.extracting(offset + NetlinkHeader.size..<offset + length))
            offset += aligned(length)
        }
    }

    /// Calls the body with each attribute's type (without the nested and byte order flags) and value.
    ///
    /// - Throws: `NetlinkFormatError` when a length points outside, or what the body throws.
    public static func attributes(
        in payload: RawSpan, from start: Int, _ body: (UInt16, RawSpan) throws(NetlinkFormatError) -> Void
    ) throws(NetlinkFormatError) {
        var offset = start
        while offset < payload.byteCount {
            guard let length = payload.native(at: offset, as: UInt16.self).map(Int.init),
                let type = payload.native(at: offset + 2, as: UInt16.self)
            else { throw NetlinkFormatError(description: "a netlink attribute is cut in its header") }
            guard length >= 4, length <= payload.byteCount - offset else {
                throw NetlinkFormatError(
                    description: "a netlink attribute gives \(length) bytes of \(payload.byteCount - offset)")
            }
            try body(type & 0x3FFF, payload.extracting(offset + 4..<offset + length))
            offset += aligned(length)
        }
    }

    private static func aligned(_ length: Int) -> Int { (length + 3) & ~3 }
}
