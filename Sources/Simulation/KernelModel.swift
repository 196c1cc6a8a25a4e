import Primitives

/// What the kernel of one node does with the virtual address, whatever its daemons do: a fence element that times out
/// (0 to 25 ms late, as measured) and an address with a lifetime (up to 0.46 s late). Moments are the node's own.
struct KernelModel {
    let hasFence: Bool
    private(set) var openUntil: Instant?
    private(set) var addressUntil: Instant?
    /// Rises with every change, so that an outdated expiry is recognized.
    private(set) var version = 0

    static let addressLifetime = Span.seconds(3)

    init(hasFence: Bool) { self.hasFence = hasFence }

    /// Whether traffic to and from the address passes.
    var isOpen: Bool { addressUntil != nil && (openUntil != nil || !hasFence) }

    mutating func open(until deadline: Instant, using random: inout SeededRandom) {
        version += 1
        openUntil = deadline + random.span(below: .milliseconds(25))
    }

    mutating func close() {
        version += 1
        openUntil = nil
    }

    mutating func put(at now: Instant, using random: inout SeededRandom) {
        version += 1
        addressUntil = now + Self.addressLifetime + random.span(below: .milliseconds(460))
    }

    mutating func remove() {
        version += 1
        addressUntil = nil
    }

    mutating func drop() {
        close()
        remove()
    }

    /// Lets expire what is due.
    mutating func expire(at now: Instant) {
        if let due = openUntil, now >= due { openUntil = nil }
        if let due = addressUntil, now >= due { addressUntil = nil }
    }

    /// When something expires next.
    var nextExpiry: Instant? {
        switch (openUntil, addressUntil) {
        case (let open?, let address?): min(open, address)
        case (let open?, nil): open
        case (nil, let address): address
        }
    }
}
