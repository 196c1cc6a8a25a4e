import PacketProtocol
import Primitives

/// Waits until the network has given the node an address.
///
/// A router announces IPv6 before a DHCP server answers for IPv4: the first IPv6 address is taken only when no IPv4
/// address has followed it for a while.
public struct FirstBootCore: Sendable {
    public enum Step: Equatable, Sendable {
        /// Ask again at the next change, and at that time at the latest.
        case wait(until: Instant)
        case found(NodePlace)
    }

    /// How long IPv4 may take after IPv6.
    public static let patience = Span.seconds(10)

    private var sixSince: Instant?

    public init() {}

    public mutating func step(links: [LinkState], addresses: [AddressState], at now: Instant) -> Step {
        guard let best = NodePlace.best(of: links, addresses) else {
            sixSince = nil
            return .wait(until: .distantFuture)
        }
        guard !best.address.address.isIPv4 else { return .found(best) }
        let since = sixSince ?? now
        sixSince = since
        let end = since + Self.patience
        return now < end ? .wait(until: end) : .found(best)
    }
}
