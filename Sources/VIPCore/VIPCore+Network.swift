import PacketProtocol
import Primitives
import VIPProtocol

extension VIPCore {
    mutating func announceIfDue(at now: Instant, into effects: inout [Effect]) {
        guard let held = holding, held.announcements.next <= now else { return }
        holding?.announcements.advance(to: now)
        effects.append(.announce(held.addresses.map(\.address)))
    }

    mutating func timePassed(at now: Instant, into effects: inout [Effect]) {
        announceIfDue(at: now, into: &effects)
        var ended: [Probe] = []
        for index in probes.indices where probes[index].next <= now {
            if probes[index].sent < Self.probeCount {
                probes[index].sent += 1
                probes[index].next = now + Self.probeInterval
                effects.append(.probe(probes[index].address))
            } else {
                ended.append(probes[index])
            }
        }
        for probe in ended { effects.append(.reply(.probed(probe.address, nil), to: probe.client)) }
        probes.removeAll { probe in ended.contains { $0.address == probe.address && $0.client == probe.client } }
        updateListening(into: &effects)
    }

    mutating func sighted(_ sighting: Sighting, at now: Instant, into effects: inout [Effect]) {
        for probe in probes where probe.address == sighting.address {
            effects.append(.reply(.probed(probe.address, sighting.holder), to: probe.client))
        }
        probes.removeAll { $0.address == sighting.address }
        updateListening(into: &effects)
        guard var held = holding, held.holds(sighting.address) else { return }
        held.defended.removeAll { now - $0.at >= Self.defencePause }
        if !held.defended.contains(where: { $0.address == sighting.address }) {
            held.defended.append(Defence(address: sighting.address, at: now))
            effects += [.announce([sighting.address]), .report(.conflict(sighting.address, sighting.holder))]
        }
        holding = held
    }

    mutating func linkChanged(_ isUp: Bool, at now: Instant, into effects: inout [Effect]) {
        guard isUp != self.isUp else { return }
        self.isUp = isUp
        effects.append(.report(.link(interface: interface, isUp: isUp)))
        guard isUp, holding != nil else { return }
        // A link that was switched off has lost its IPv6 addresses, and the switch what it had learnt.
        holding?.renewAddresses = now + Self.addressRenewal
        holding?.announcements = AnnouncementSchedule(start: now)
        effects.append(.renewAddresses(heldAddresses))
        announceIfDue(at: now, into: &effects)
    }

    mutating func startProbe(
        _ address: IPAddress, for client: Client, at now: Instant, into effects: inout [Effect]
    ) {
        if holding?.holds(address) == true {
            effects.append(.reply(.refused("\(address) is held here, so nobody else can be asked for it"), to: client))
        } else if !isUp {
            effects.append(.reply(.refused("\(address) cannot be asked for: \(interface) has no link"), to: client))
        } else if probes.count >= VIPProtocol.mostAddresses {
            effects.append(.reply(.refused("\(probes.count) probes are under way, which is the most"), to: client))
        } else if !probes.contains(where: { $0.address == address && $0.client == client }) {
            probes.append(Probe(address: address, client: client, sent: 1, next: now + Self.probeInterval))
            updateListening(into: &effects)
            effects.append(.probe(address))
        }
    }

    mutating func clientLeft(_ client: Client, into effects: inout [Effect]) {
        probes.removeAll { $0.client == client }
        if asker == client { asker = nil }
        if holding?.owner == client { drop(into: &effects) } else { updateListening(into: &effects) }
    }

    /// What is not in force must not be held, and whoever asked must know.
    mutating func failed(_ effect: Effect, _ sentence: String, into effects: inout [Effect]) {
        switch effect {
        case .installFence, .openFence, .addAddresses, .renewAddresses:
            let owner = holding?.owner ?? asker
            drop(into: &effects)
            // The tables may be gone: the next guard or hold makes them anew.
            installed = []
            if let owner { effects.append(.reply(.refused(sentence), to: owner)) }
        case .closeFence:
            // The kernel's own time-out cuts; the addresses are what is left to do.
            effects.append(.removeAddresses(leaving))
            reportFailure(sentence, into: &effects)
        case .removeAddresses: reportFailure(sentence, into: &effects)
        case .removeFence: effects.append(.finish)
        case .announce, .probe, .listen, .reply, .report, .finish: break
        }
    }

    private func reportFailure(_ sentence: String, into effects: inout [Effect]) {
        if let asker { effects.append(.reply(.refused(sentence), to: asker)) }
        // What followed in the step of the stop was given up with the effect that failed.
        if isStopping { effects += [.removeFence, .finish] }
    }
}
