import Primitives
import VIPProtocol

/// The VIP manager, as the mastership loop needs it: every call returns at once, what follows arrives as events.
protocol AddressKeeper: Sendable {
    func hold(until deadline: Instant, _ epoch: Epoch)
    func drop(_ epoch: Epoch)
}

/// What the VIP manager's connection tells.
enum AddressEvent: Sendable {
    case connected
    case disconnected(String)
    case said(VIPReply)
}
