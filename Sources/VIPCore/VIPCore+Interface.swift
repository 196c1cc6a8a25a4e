import PacketProtocol
import Primitives
import VIPProtocol

extension VIPCore {
    /// What happened.
    public enum Event: Equatable, Sendable {
        case requested(VIPRequest, by: Client)
        case clientLeft(Client)
        /// Another machine was heard using an address.
        case sighted(Sighting)
        case linkChanged(isUp: Bool)
        case timePassed
        /// An effect could not be carried out, and why.
        case failed(Effect, String)
        /// The program is to end.
        case stopRequested
    }

    /// What is to be done.
    public enum Effect: Equatable, Sendable {
        /// Replace the tables: these addresses are guarded, and of them `open` pass until the moment.
        case installFence(guarded: [IPAddress], open: [IPAddress], until: Instant)
        case openFence([IPAddress], until: Instant)
        case closeFence([IPAddress])
        case removeFence
        /// Add the addresses to the interface, unless somebody else has put one there.
        case addAddresses([Subnet])
        /// Renew their lifetime, and add what has gone.
        case renewAddresses([Subnet])
        case removeAddresses([Subnet])
        case announce([IPAddress])
        case probe(IPAddress)
        /// Hear of these addresses only.
        case listen([IPAddress])
        case reply(VIPReply, to: Client)
        /// To every client.
        case report(VIPReply)
        case finish

        /// Failing is as a frame lost on the wire: it is noted, and the rest goes on.
        public var mayFail: Bool {
            switch self {
            case .announce, .probe, .listen, .reply, .report: true
            default: false
            }
        }
    }

    /// How long the kernel keeps an address that is not renewed, and how often it is renewed.
    public static let addressLifetime = Span.seconds(3)
    static let addressRenewal = Span.seconds(1)
    /// A longer hold is a mistake of the one who asks: no profile's deadline is over 4 seconds.
    static let longestHold = Span.seconds(60)
    /// The fence counts whole milliseconds.
    static let shortestHold = Span.milliseconds(1)
    /// One conflict report and one defending announcement an address in this time.
    static let defencePause = Span.seconds(1)
    static let probeInterval = Span.milliseconds(150)
    static let probeCount = 3
}

/// When a taken address is announced: at 0, 50, 200 and 1000 ms, then every 10 s.
struct AnnouncementSchedule: Sendable {
    private var start: Instant
    private var done = 0

    private static let early: [Span] = [.zero, .milliseconds(50), .milliseconds(200), .seconds(1)]
    private static let interval = Span.seconds(10)

    /// - Parameter start: of the first, which the caller makes itself when it calls `advance`.
    init(start: Instant) { self.start = start }

    var next: Instant {
        done < Self.early.count
            ? start + Self.early[done] : start + Self.interval * Int64(done - Self.early.count + 1)
    }

    /// Counts every announcement that is due as made: after a pause there is one, not many.
    mutating func advance(to now: Instant) {
        while next <= now { done += 1 }
    }
}
