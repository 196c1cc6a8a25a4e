import Primitives
import VIPProtocol

extension VIPCore {
    mutating func handle(_ request: VIPRequest, from client: Client, at now: Instant, into effects: inout [Effect]) {
        switch request {
        case .ping: effects.append(.reply(.pong, to: client))
        case .hold(let epoch, let deadline, let addresses):
            if let sentence = objection(to: epoch, deadline, at: now) {
                effects.append(.reply(.refused(sentence), to: client))
            } else {
                hold(epoch, addresses, until: deadline, for: client, at: now, into: &effects)
            }
        case .drop(let epoch):
            do {
                try gate.admit(FencingToken(epoch))
            } catch {
                // A late drop of an older mastership: what is held belongs to a newer one.
                if holding != nil { return effects.append(.reply(.refused(Self.sentence(error)), to: client)) }
            }
            drop(into: &effects)
            effects.append(.reply(.dropped(epoch: epoch), to: client))
        case .guarded(let addresses):
            guarded = addresses
            install(into: &effects)
        case .probe(let address): startProbe(address, for: client, at: now, into: &effects)
        }
    }

    /// - Returns: why this hold cannot be, or nil; the epoch counts as seen then.
    private mutating func objection(to epoch: Epoch, _ deadline: Instant, at now: Instant) -> String? {
        let left = deadline - now
        if left < Self.shortestHold { return "the deadline of epoch \(epoch) passed \(now - deadline) ago" }
        if left > Self.longestHold { return "a deadline \(left) ahead is no deadline (at most \(Self.longestHold))" }
        do {
            try gate.admit(FencingToken(epoch))
            return nil
        } catch {
            return Self.sentence(error)
        }
    }

    private static func sentence(_ error: StaleEpoch) -> String {
        "epoch \(error.offered) is older than \(error.highest), its master was replaced"
    }

    private mutating func hold(
        _ epoch: Epoch, _ addresses: [Subnet], until deadline: Instant, for client: Client, at now: Instant,
        into effects: inout [Effect]
    ) {
        let before = holding
        let isSameTaking = before?.epoch == epoch && before?.addresses == addresses
        var current =
            before
            ?? Holding(
                epoch: epoch, owner: client, addresses: addresses, deadline: deadline, since: now, renewAddresses: now,
                announcements: AnnouncementSchedule(start: now))
        current.owner = client
        current.deadline = deadline
        current.addresses = addresses
        if !isSameTaking {
            current.epoch = epoch
            current.since = now
            current.renewAddresses = now
            current.announcements = AnnouncementSchedule(start: now)
        }
        holding = current
        if !isSameTaking { installIfMissing(addresses, into: &effects) }
        effects.append(.openFence(addresses.map(\.address), until: deadline))
        if current.renewAddresses <= now {
            addOrRenew(addresses, held: before?.addresses ?? [], into: &effects)
            holding?.renewAddresses = now + Self.addressRenewal
        }
        announceIfDue(at: now, into: &effects)
        effects.append(.reply(.held(epoch: epoch, since: current.since), to: client))
        if !isSameTaking {
            giveUp((before?.addresses ?? []).filter { !addresses.contains($0) }, into: &effects)
            updateListening(into: &effects)
            effects += addresses.map { .probe($0.address) }
        }
    }

    private func addOrRenew(_ addresses: [Subnet], held: [Subnet], into effects: inout [Effect]) {
        let new = addresses.filter { !held.contains($0) }
        let old = addresses.filter(held.contains)
        if !new.isEmpty { effects.append(.addAddresses(new)) }
        if !old.isEmpty { effects.append(.renewAddresses(old)) }
    }

    /// Removes what is not held any more; an address that is still held with another prefix length stays open.
    private mutating func giveUp(_ subnets: [Subnet], into effects: inout [Effect]) {
        guard !subnets.isEmpty else { return }
        leaving = subnets
        let closed = subnets.map(\.address).filter { holding?.holds($0) != true }
        if !closed.isEmpty { effects.append(.closeFence(closed)) }
        effects.append(.removeAddresses(subnets))
    }

    mutating func drop(into effects: inout [Effect]) {
        guard let held = holding else { return }
        holding = nil
        leaving = held.addresses
        effects += [.closeFence(held.addresses.map(\.address)), .removeAddresses(held.addresses)]
        updateListening(into: &effects)
    }

    mutating func dropIfOver(at now: Instant, into effects: inout [Effect]) {
        guard let held = holding, held.deadline <= now else { return }
        drop(into: &effects)
        effects.append(.reply(.dropped(epoch: held.epoch), to: held.owner))
    }

    /// Guards what `guard` named and what is held; nothing is done when the tables say so already.
    private mutating func install(into effects: inout [Effect]) {
        let held = holding?.addresses.map(\.address) ?? []
        let wanted = Self.union(guarded.map(\.address), held)
        guard wanted != installed else { return }
        installed = wanted
        effects.append(.installFence(guarded: wanted, open: held, until: holding?.deadline ?? .distantFuture))
        updateListening(into: &effects)
    }

    private mutating func installIfMissing(_ addresses: [Subnet], into effects: inout [Effect]) {
        guard !addresses.allSatisfy({ installed.contains($0.address) }) else { return }
        installed = Self.union(guarded.map(\.address), addresses.map(\.address))
        effects.append(.installFence(guarded: installed, open: [], until: .distantFuture))
    }

    mutating func updateListening(into effects: inout [Effect]) {
        let wanted = Self.union(installed, probes.map(\.address))
        guard wanted != listened else { return }
        listened = wanted
        effects.append(.listen(wanted))
    }

    private static func union(_ left: [IPAddress], _ right: [IPAddress]) -> [IPAddress] {
        var all = left
        for address in right where !all.contains(address) { all.append(address) }
        return all.sorted()
    }
}
