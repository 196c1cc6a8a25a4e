import Primitives

/// One machine's CLOCK_BOOTTIME as a function of the world's time: an own origin, up to 1 % too fast or too slow, and
/// at a standstill while a hypervisor stuns the machine.
struct NodeClock {
    /// Parts per million, -10 000 to 10 000.
    let drift: Int64
    private var worldOrigin: Instant
    private var localOrigin: Instant
    private var isFrozen = false

    init(drift: Int64, bootedAt world: Instant) {
        self.drift = drift
        worldOrigin = world
        localOrigin = Instant(nanoseconds: 1_000_000_000)
    }

    func local(at world: Instant) -> Instant {
        guard !isFrozen else { return localOrigin }
        let elapsed = (world - worldOrigin).nanoseconds
        return localOrigin + Span(nanoseconds: elapsed + elapsed * drift / 1_000_000)
    }

    /// When the world reaches this machine's `local`, if the clock keeps running. Never before `local` is reached.
    func world(at local: Instant) -> Instant {
        let elapsed = (local - localOrigin).nanoseconds
        var world = worldOrigin + Span(nanoseconds: elapsed * 1_000_000 / (1_000_000 + drift))
        while self.local(at: world) < local { world = world + Span(nanoseconds: 1) }
        return world
    }

    mutating func freeze(at world: Instant) {
        localOrigin = local(at: world)
        worldOrigin = world
        isFrozen = true
    }

    /// - Parameter lost: whether the time of the standstill is lost to this clock, or made up for at once.
    mutating func thaw(at world: Instant, lost: Bool) {
        guard isFrozen else { return }
        isFrozen = false
        if !lost {
            let elapsed = (world - worldOrigin).nanoseconds
            localOrigin = localOrigin + Span(nanoseconds: elapsed + elapsed * drift / 1_000_000)
        }
        worldOrigin = world
    }
}
