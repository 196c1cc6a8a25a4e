import CLibmnl
import Glibc
import Linux
import PacketProtocol

/// A netlink socket with its buffers. The kernel works a request off within the call that sends it, so answers are read
/// without waiting.
public struct NetlinkSocket: ~Copyable {
    private let socket: OpaquePointer
    private let buffer: UnsafeMutableRawBufferPointer
    private var messages: [NetlinkMessage] = []

    /// MNL_SOCKET_BUFFER_SIZE is a macro; dumps come in pieces of at most 32 KiB.
    private static let bufferSize = 32_768

    /// - Parameters:
    ///   - family: NETLINK_ROUTE or NETLINK_NETFILTER.
    ///   - groups: RTMGRP_ bits to listen to.
    /// - Throws: `NetlinkError.system`.
    public init(family: Int32, groups: UInt32 = 0) throws(NetlinkError) {
        let flags = Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue)
        guard let socket = mnl_socket_open2(family, flags) else {
            throw .system(SystemError(operation: "open a netlink socket", subject: "", errno: errno))
        }
        guard mnl_socket_bind(socket, groups, 0) == 0 else {
            let error = SystemError(operation: "bind a netlink socket", subject: "", errno: errno)
            mnl_socket_close(socket)
            throw .system(error)
        }
        // Short answers with the kernel's own words. An old kernel that refuses them only says less.
        for option in [NETLINK_CAP_ACK, NETLINK_EXT_ACK] {
            var one: Int32 = 1
            _ = mnl_socket_setsockopt(socket, option, &one, socklen_t(MemoryLayout<Int32>.size))
        }
        self.socket = socket
        buffer = .allocate(byteCount: Self.bufferSize, alignment: 16)
    }

    deinit {
        mnl_socket_close(socket)
        buffer.deallocate()
    }

    /// For poll.
    public var raw: Int32 { mnl_socket_get_fd(socket) }

    /// Sends the requests and reads until the last is answered.
    ///
    /// - Parameters:
    ///   - unanswered: how many messages at the end get no answer (the end of a batch).
    ///   - name: a verb phrase for errors, as "add the address 10.0.0.1/24".
    ///   - visit: gets each link and address of a dump.
    /// - Throws: `NetlinkError`: the first refusal of any of the requests.
    public mutating func perform(
        _ request: inout NetlinkRequest, answeredBefore unanswered: UInt32 = 0, _ name: @autoclosure () -> String,
        visit: (NetlinkMessage) -> Void = { _ in }
    ) throws(NetlinkError) {
        let first = request.firstSequence
        let last = request.lastSequence &- unanswered
        try request.withBytes { (bytes) throws(NetlinkError) in
            try Self.system("send to the kernel") { mnl_socket_sendto(socket, bytes.baseAddress, bytes.count) }
        }
        var failure: NetlinkError?
        while try receive() {
            for message in messages {
                guard let answer = Answer(message) else {
                    visit(message)
                    continue
                }
                // Not one left over from a request that was given up.
                guard answer.sequence &- first <= request.lastSequence &- first else { continue }
                if answer.errno != 0, failure == nil {
                    failure = .refused(request: name(), errno: answer.errno, reason: answer.reason)
                }
                if answer.sequence == last {
                    if let failure { throw failure }
                    return
                }
            }
        }
        throw failure ?? .noAnswer(request: name())
    }

    /// Reads what has come to a socket with groups.
    ///
    /// - Returns: the messages; empty when there is nothing, nil when the kernel dropped some (ENOBUFS) and the state
    ///   has to be read anew.
    /// - Throws: `NetlinkError`.
    public mutating func events() throws(NetlinkError) -> [NetlinkMessage]? {
        do throws(NetlinkError) {
            return try receive() ? messages : []
        } catch {
            if error.errno == ENOBUFS { return nil }
            throw error
        }
    }

    private struct Answer {
        let sequence: UInt32
        let errno: Int32
        var reason: String?

        init?(_ message: NetlinkMessage) {
            switch message {
            case .answer(let sequence, let errno, let reason):
                (self.sequence, self.errno, self.reason) = (sequence, errno, reason)
            case .done(let sequence, let errno): (self.sequence, self.errno) = (sequence, errno)
            case .link, .address, .other: return nil
            }
        }
    }

    /// - Returns: false when nothing is waiting.
    private mutating func receive() throws(NetlinkError) -> Bool {
        messages.removeAll(keepingCapacity: true)
        let count: Int?
        do throws(SystemError) {
            count = try systemCallOrWouldBlock("receive from the kernel") {
                mnl_socket_recvfrom(socket, buffer.baseAddress, buffer.count)
            }
        } catch {
            throw .system(error)
        }
        guard let count else { return false }
        do throws(NetlinkFormatError) {
            let datagram = UnsafeRawBufferPointer(rebasing: buffer[..<count])
            try NetlinkMessage.parse(datagram.bytes, into: &messages)
        } catch {
            throw .format(error)
        }
        return true
    }

    @inline(__always)
    private static func system(_ operation: String, _ call: () -> Int) throws(NetlinkError) {
        do throws(SystemError) {
            try systemCall(operation, "", call)
        } catch {
            throw .system(error)
        }
    }
}
