import Primitives
import ReplicationCore
import StreamProtocol

/// Connections: in order, late, cut, and broken when one end dies or something was lost.
extension ReplicationWorld {
    private func isUp(_ place: Int) -> Bool { place == sourcePlace ? source.isUp : nodes[place].isUp }
    private func life(of place: Int) -> Int { place == sourcePlace ? source.life : nodes[place].life }

    func connect(from caller: Int, to callee: Int, link: Int?) {
        lastWire += 1
        let wire = Wire(
            number: lastWire, caller: caller, callee: callee, callerLife: life(of: caller),
            calleeLife: life(of: callee), link: link)
        if let link {
            source.links[link] = wire.number
        } else {
            nodes[caller].forwardWire = wire.number
        }
        guard isUp(callee), network.areConnected(caller, callee),
            let delay = network.delay(caller, callee, using: &random)
        else { return schedule(.notOpened(wire), within: 1_000, 80_000) }
        wires[wire.number] = wire
        schedule(.opened(wire: wire.number), after: delay * 2)
    }

    func opened(_ number: Int) {
        guard let wire = wires[number] else { return }
        if let link = wire.link {
            if wire.callerLife == source.life, source.links[link] == number { tell(.connected(link)) }
        } else if nodes[wire.caller].forwardWire == number {
            step(nodes[wire.caller], life: wire.callerLife, forwarder: .connected)
        }
    }

    func notOpened(_ wire: Wire) {
        // An attempt that was given up already is no news.
        if let link = wire.link {
            guard wire.callerLife == source.life, source.links[link] == wire.number else { return }
            source.links[link] = nil
            tell(.disconnected(link))
        } else if nodes[wire.caller].forwardWire == wire.number {
            nodes[wire.caller].forwardWire = nil
            step(nodes[wire.caller], life: wire.callerLife, forwarder: .disconnected)
        }
    }

    func send(_ parcel: Parcel, over number: Int?, toCallee isToCallee: Bool) {
        guard let number, let wire = wires[number] else { return }
        let (from, to) = isToCallee ? (wire.caller, wire.callee) : (wire.callee, wire.caller)
        let side = isToCallee ? 1 : 0
        guard !wire.isStalled[side] else { return }
        guard let delay = network.delay(from, to, using: &random) else {
            // Nobody answers any more: both ends give up in time.
            wires[number]?.isStalled[side] = true
            return schedule(.broken(wire: number), within: 150_000, 300_000)
        }
        let due = max(wire.notBefore[side], now + delay)
        wires[number]?.notBefore[side] = due
        timeline.schedule(.delivery(wire: number, isToCallee: isToCallee, damaged(parcel)), at: due)
    }

    private func damaged(_ parcel: Parcel) -> Parcel {
        guard flipsLeft > 0, case .frame(var bytes) = parcel else { return parcel }
        flipsLeft -= 1
        let bit = random.index(below: bytes.count * 8)
        bytes[bit / 8] ^= 1 << (bit % 8)
        return .frame(bytes)
    }

    /// One end closes; it hears nothing more of it.
    func close(_ number: Int?, by place: Int) {
        guard let number, let wire = wires[number] else { return }
        note("connection \(number) is closed by \(place)")
        wires[number] = nil
        if place == sourcePlace, let link = wire.link { source.links[link] = nil }
        if place != sourcePlace, nodes[place].forwardWire == number { nodes[place].forwardWire = nil }
        inform(place == wire.caller ? wire.callee : wire.caller, wire)
    }

    func breakWire(_ number: Int) {
        guard let wire = wires[number] else { return }
        note("connection \(number) breaks")
        wires[number] = nil
        inform(wire.caller, wire)
        inform(wire.callee, wire)
    }

    private func inform(_ place: Int, _ wire: Wire) {
        guard isUp(place) else { return }
        if place == wire.caller {
            guard life(of: place) == wire.callerLife else { return }
            // The end of a connection that was given up already is no news.
            if let link = wire.link {
                guard source.links[link] == wire.number else { return }
                source.links[link] = nil
                giveUpCompare()
                schedule(.source(life: source.life, .disconnected(link)), within: 10, 100)
            } else {
                guard nodes[place].forwardWire == wire.number else { return }
                nodes[place].forwardWire = nil
                schedule(.forwarder(node: place, life: wire.callerLife, .disconnected), within: 10, 100)
            }
        } else if life(of: place) == wire.calleeLife {
            let connection = UInt64(wire.number)
            schedule(.receiver(node: place, life: wire.calleeLife, .disconnected(connection)), within: 10, 100)
        }
    }

    /// Everything that a place had open: a killed process is noticed at once, a machine without power later.
    func dropWires(of place: Int, isSudden: Bool) {
        for number in wires.keys.sorted() {
            guard let wire = wires[number], wire.caller == place || wire.callee == place else { continue }
            if isSudden {
                schedule(.broken(wire: number), within: 100_000, 300_000)
            } else {
                schedule(.broken(wire: number), within: 50, 500)
            }
        }
    }

    func deliver(_ parcel: Parcel, over number: Int, isToCallee: Bool) {
        guard let wire = wires[number] else { return }
        let place = isToCallee ? wire.callee : wire.caller
        guard isUp(place), life(of: place) == (isToCallee ? wire.calleeLife : wire.callerLife) else { return }
        if isToCallee {
            arrive(parcel, at: nodes[place], over: wire)
        } else if place == sourcePlace {
            arriveAtSource(parcel, over: wire)
        } else {
            arriveAtForwarder(parcel, of: nodes[place], over: wire)
        }
    }
}
