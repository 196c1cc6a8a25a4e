import Primitives

/// What the cluster daemon asks of the VIP manager: one line, one datagram.
public enum VIPRequest: Equatable, Sendable {
    /// Keep these addresses and let their traffic pass until the deadline (CLOCK_BOOTTIME of this machine). The first
    /// one takes them; later ones, with a later deadline, keep them. By level: any of them may be lost.
    case hold(epoch: Epoch, deadline: Instant, addresses: [Subnet])
    /// Cut the traffic now and remove the addresses.
    case drop(epoch: Epoch)
    /// Let no traffic pass to or from these addresses unless they are held. Replaces the list of an earlier guard.
    case guarded(addresses: [Subnet])
    /// Ask the network whether somebody answers for the address.
    case probe(IPAddress)
    case ping
}

/// What the VIP manager tells: answers to the one who asked, and news (`conflict`, `link`) to every connection.
public enum VIPReply: Equatable, Sendable {
    /// The hold is in force; traffic passes since this moment (the same in all answers of one taking).
    case held(epoch: Epoch, since: Instant)
    case dropped(epoch: Epoch)
    /// Nothing was changed, and why: one sentence.
    case refused(String)
    /// Another machine (this hardware address) answers for an address that is held here.
    case conflict(IPAddress, HardwareAddress)
    /// The answer to a probe; nil means that nobody answered.
    case probed(IPAddress, HardwareAddress?)
    case link(interface: String, isUp: Bool)
    case pong
}

/// A line that is no message of this protocol: one sentence that quotes the part at fault.
public struct VIPProtocolError: Error, Equatable, Sendable, CustomStringConvertible {
    public let description: String

    public init(_ description: String) { self.description = description }
}

/// Limits and names that both sides share.
public enum VIPProtocol {
    /// The longest datagram in bytes.
    public static let longestMessage = 1024
    /// The most addresses in one request.
    public static let mostAddresses = 16
    /// The socket's file name in the run folder.
    public static let socketName = "vipd.sock"
}
