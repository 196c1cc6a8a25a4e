import PacketProtocol
import Primitives
import VIPProtocol

/// Decides about the virtual addresses of one interface: who may hold them until when, what the kernel is told, what
/// the network hears. Pure: an event and the time go in, effects come out, in the order in which they must happen.
///
/// An effect that fails comes back as `Event.failed`; the effects after it in the same step are not carried out, so an
/// answer is given only for what was done.
public struct VIPCore: Sendable {
    /// One connection of a cluster daemon (or of whoever asks).
    public struct Client: Hashable, Sendable {
        public let number: Int
        public init(_ number: Int) { self.number = number }
    }

    let interface: String
    var gate = EpochGate()
    /// What `guard` asked for.
    var guarded: [Subnet] = []
    /// What the kernel's tables guard: `guarded` and what was held since.
    var installed: [IPAddress] = []
    var listened: [IPAddress] = []
    var holding: Holding?
    /// What the last drop removes.
    var leaving: [Subnet] = []
    var isStopping = false
    var probes: [Probe] = []
    var isUp: Bool
    /// Who gets told when something fails.
    var asker: Client?

    /// What is held now.
    struct Holding: Sendable {
        var epoch: Epoch
        var owner: Client
        var addresses: [Subnet]
        var deadline: Instant
        var since: Instant
        var renewAddresses: Instant
        var announcements: AnnouncementSchedule
        var defended: [Defence] = []

        func holds(_ address: IPAddress) -> Bool { addresses.contains { $0.address == address } }
    }

    struct Defence: Sendable {
        let address: IPAddress
        let at: Instant
    }

    struct Probe: Sendable {
        let address: IPAddress
        let client: Client
        var sent: Int
        var next: Instant
    }

    /// - Parameters:
    ///   - interface: its name, for reports.
    ///   - isUp: whether it is switched on and has a carrier.
    public init(interface: String, isUp: Bool) {
        self.interface = interface
        self.isUp = isUp
    }

    /// When `step` wants to be called with `timePassed`, if nothing happens before; nil: not at all.
    public var nextWake: Instant? {
        var moments = probes.map(\.next)
        if let holding { moments += [holding.deadline, holding.announcements.next] }
        return moments.min()
    }

    /// The addresses that the tables guard.
    public var installedAddresses: [IPAddress] { installed }

    /// The addresses that `listen` named last.
    public var listenedAddresses: [IPAddress] { listened }

    /// The addresses that are held now, for tests and logs.
    public var heldAddresses: [Subnet] { holding?.addresses ?? [] }

    /// Takes one event in.
    public mutating func step(_ event: Event, at now: Instant, into effects: inout [Effect]) {
        // Whatever comes, a deadline that has passed comes first.
        dropIfOver(at: now, into: &effects)
        switch event {
        case .requested(let request, let client):
            asker = client
            handle(request, from: client, at: now, into: &effects)
        case .clientLeft(let client): clientLeft(client, into: &effects)
        case .sighted(let sighting): sighted(sighting, at: now, into: &effects)
        case .linkChanged(let isUp): linkChanged(isUp, at: now, into: &effects)
        case .timePassed: timePassed(at: now, into: &effects)
        case .failed(let effect, let sentence): failed(effect, sentence, into: &effects)
        case .stopRequested:
            isStopping = true
            drop(into: &effects)
            effects += [.removeFence, .finish]
        }
    }
}
