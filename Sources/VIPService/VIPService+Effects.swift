import Glibc
import Linux
import Netlink
import PacketProtocol
import Primitives
import VIPCore
import VIPProtocol

extension VIPService {
    /// One event through the core, and its effects into the world.
    mutating func feed(_ event: VIPCore.Event) {
        var event = event
        // A failure is an event of its own; each one leaves fewer things to do, and the bound keeps a wrong core from
        // holding the real-time thread for ever.
        for _ in 0..<8 {
            effects.removeAll(keepingCapacity: true)
            core.step(event, at: BootClock.now, into: &effects)
            guard let failure = performAll() else { return }
            event = failure
        }
        fault = "a failure was followed by seven more, so this start is over"
    }

    /// - Returns: the event of the effect that failed, if one did; those after it were not carried out.
    private mutating func performAll() -> VIPCore.Event? {
        for effect in effects {
            if let sentence = perform(effect), !effect.mayFail { return .failed(effect, sentence) }
        }
        return nil
    }

    /// - Returns: why it failed, or nil.
    @discardableResult
    mutating func perform(_ effect: VIPCore.Effect) -> String? {
        do {
            try carryOut(effect)
            return nil
        } catch {
            Log.line("\(error)")
            return "\(error)"
        }
    }

    private mutating func carryOut(_ effect: VIPCore.Effect) throws {
        switch effect {
        case .installFence(let guarded, let open, let until):
            try checkForeign(guarded)
            let openings = open.isEmpty ? [] : try Self.openings(open, until)
            try fence.install(guarded: guarded, open: openings)
        case .openFence(let addresses, let until): try open(try Self.openings(addresses, until))
        // Without tables there is nothing to close; the addresses are removed next.
        case .closeFence(let addresses): try fence.close(addresses)
        case .removeFence: try fence.remove()
        case .addAddresses(let subnets):
            for subnet in subnets { try route.add(subnet, onInterface: port.index, forSeconds: Self.lifetime) }
        case .renewAddresses(let subnets):
            for subnet in subnets { try route.renew(subnet, onInterface: port.index, forSeconds: Self.lifetime) }
        case .removeAddresses(let subnets):
            try route.remove(subnets.map(\.address))
        case .announce(let addresses): for address in addresses { try port.announce(address) }
        case .probe(let address): try port.probe(address)
        case .listen(let addresses): try port.listen(for: addresses)
        case .reply(let reply, let client):
            note(reply)
            try clients.send(reply, to: client)
        case .report(let reply):
            note(reply)
            try clients.sendAll(reply)
        case .finish: isFinished = true
        }
    }

    private static let lifetime = UInt32(VIPCore.addressLifetime.milliseconds / 1_000)

    /// A fence for an address of the node itself would cut the node off.
    private mutating func checkForeign(_ guarded: [IPAddress]) throws {
        for state in try route.addresses() where state.origin != RouteSocket.origin {
            guard guarded.contains(state.subnet.address) else { continue }
            throw VIPServiceError("\(state.subnet.address) is an address of this node and cannot be a virtual one")
        }
    }

    /// Opens the fence, and makes it anew where something has flushed the machine's tables.
    private mutating func open(_ openings: [Fence.Opening]) throws {
        do throws(NetlinkError) {
            try fence.open(openings)
        } catch {
            guard error.errno == ENOENT else { throw error }
            Log.line("the fence was gone, as something flushed the tables of nftables; it is made anew")
            try fence.install(guarded: core.installedAddresses, open: openings)
        }
    }

    /// What an operator wants to find in the journal: changes, not every refresh.
    private mutating func note(_ reply: VIPReply) {
        switch reply {
        case .held(let epoch, _):
            guard noted != .held(epoch) else { return }
            noted = .held(epoch)
            let list = core.heldAddresses.map(\.description).joined(separator: ", ")
            Log.line("holds \(list) in epoch \(epoch)")
        case .dropped(let epoch):
            guard noted != .dropped(epoch) else { return }
            noted = .dropped(epoch)
            Log.line("dropped what it held in epoch \(epoch)")
        case .refused:
            // A daemon that asks 30 times a second must not fill the disk.
            guard BootClock.now - lastRefusal >= .seconds(1) else { return }
            lastRefusal = BootClock.now
            Log.line("\(reply)")
        case .conflict, .link: Log.line("\(reply)")
        case .probed, .pong: break
        }
    }

    enum Noted: Equatable {
        case nothing
        case held(Epoch)
        case dropped(Epoch)
    }

    /// The kernel counts the time left in whole milliseconds, from when it gets the request.
    private static func openings(_ addresses: [IPAddress], _ until: Instant) throws -> [Fence.Opening] {
        let left = (until - BootClock.now).milliseconds
        guard left > 0 else { throw VIPServiceError("the deadline passed before the fence could be opened") }
        return addresses.map { Fence.Opening($0, milliseconds: UInt64(left)) }
    }
}
