import Glibc
import Linux
import Primitives
import Synchronization

@testable import Lab

/// The wire between a source and a node, which can be bad. It knows nothing of what goes over it: TLS stays closed.
final class WireProxy: Sendable {
    enum Direction: CaseIterable, Sendable { case toNode, toSource }

    private struct State {
        var rate: Int?
        var stopped: Set<Direction> = []
        var flips: Set<Direction> = []
        var cuts = 0
        var connections = 0
        var isOver = false
    }

    /// For a source's assignment.
    let address: String
    private let state = Mutex(State())
    private let wake: WakeDescriptor
    private let listener: OwnedDescriptor
    private let target: Int

    /// - Parameter node: of the rig; it need not run.
    /// - Throws: `LabError` or `SystemError`.
    init(node: Int) throws {
        target = ReplicationRig.port(node)
        listener = try Self.socket()
        wake = try WakeDescriptor()
        var place = Self.place(port: 0)
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let descriptor = listener.raw
        let code = withUnsafeMutablePointer(to: &place) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                bind(descriptor, pointer, size) == 0 && listen(descriptor, 16) == 0
                    && getsockname(descriptor, pointer, &size) == 0 ? 0 : errno
            }
        }
        guard code == 0 else { throw LabError.system("Listening for a source", code) }
        address = "127.0.0.1:\(UInt16(bigEndian: place.sin_port))"
        _ = try OwnedThread("wire") { self.carry() }
    }

    // MARK: What may happen

    /// Bytes a second, each way; nil: as fast as it goes.
    func limit(_ rate: Int?) { change { $0.rate = rate } }
    /// Nothing comes through any more in this direction, and nobody is told.
    func stop(_ direction: Direction) { change { $0.stopped.insert(direction) } }
    /// One bit of what comes next in this direction is another.
    func flip(_ direction: Direction) { change { $0.flips.insert(direction) } }
    /// Every connection ends.
    func cut() { change { $0.cuts += 1 } }
    /// Everything goes through again.
    func heal() {
        change {
            $0.stopped = []
            $0.rate = nil
        }
    }
    /// Nothing goes through any more, for ever.
    func end() { change { $0.isOver = true } }

    /// That were made so far.
    var connections: Int { state.withLock { $0.connections } }
    /// Bits that are still to be flipped.
    var flipsLeft: Int { state.withLock { $0.flips.count } }

    private func change(_ body: (inout State) -> Void) {
        state.withLock { body(&$0) }
        wake.wake()
    }

    // MARK: The thread

    private func carry() {
        var wires: [Wire] = []
        var cuts = 0
        while true {
            let now = state.withLock { $0 }
            if now.isOver { break }
            if now.cuts != cuts { wires = [] }
            cuts = now.cuts
            var set = [wake.raw, listener.raw].map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
            let lanes = wires.flatMap(\.lanes)
            let moment = LabClock.now()
            var next: Instant?
            for lane in lanes {
                let isHeld = now.stopped.contains(lane.direction)
                if !isHeld, lane.next > moment { next = min(next ?? lane.next, lane.next) }
                set += lane.polls(isHeld: isHeld || lane.next > moment)
            }
            do { try Poller.wait(&set, until: next) } catch { break }
            wake.clear()
            for (index, lane) in lanes.enumerated() {
                let found = set[2 + 2 * index...3 + 2 * index].map(\.revents)
                lane.turn(found, rate: now.rate) { [self] in takeFlip(lane.direction) }
            }
            wires.removeAll { $0.isOver }
            if set[1].revents != 0, let wire = accept() { wires.append(wire) }
        }
    }

    private func takeFlip(_ direction: Direction) -> Bool { state.withLock { $0.flips.remove(direction) != nil } }

    /// - Returns: nil when the node does not take connections: then the source's ends, too.
    private func accept() -> Wire? {
        // A source that has gone again before it was accepted comes back by itself.
        guard let source = try? UnixSocket.accept(listener), let node = try? Self.socket() else { return nil }
        var place = Self.place(port: target)
        let result = withUnsafePointer(to: &place) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(node.raw, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard result == 0 else { return nil }
        state.withLock { $0.connections += 1 }
        return Wire(source: source, node: node)
    }

    private static func socket() throws(LabError) -> OwnedDescriptor {
        let descriptor = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw .system("Making a socket", errno) }
        return OwnedDescriptor(taking: descriptor)
    }

    private static func place(port: Int) -> sockaddr_in {
        var place = sockaddr_in()
        place.sin_family = sa_family_t(AF_INET)
        place.sin_port = UInt16(port).bigEndian
        place.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        return place
    }
}

/// One connection: both ends close with it.
private final class Wire {
    let lanes: [Lane]
    private let source: OwnedDescriptor
    private let node: OwnedDescriptor

    init(source: consuming OwnedDescriptor, node: consuming OwnedDescriptor) {
        lanes = [Lane(.toNode, from: source.raw, to: node.raw), Lane(.toSource, from: node.raw, to: source.raw)]
        self.source = source
        self.node = node
    }

    var isOver: Bool { lanes.contains(where: \.isOver) }
}

/// One direction of a connection. It holds one piece at a time, so whoever sends too fast is held up.
private final class Lane {
    let direction: WireProxy.Direction
    private let from: Int32
    private let to: Int32
    private var piece = ArraySlice<UInt8>()
    /// When it takes the next piece.
    private(set) var next = Instant(nanoseconds: 0)
    private(set) var isOver = false

    init(_ direction: WireProxy.Direction, from: Int32, to: Int32) {
        self.direction = direction
        self.from = from
        self.to = to
    }

    func polls(isHeld: Bool) -> [pollfd] {
        [
            pollfd(fd: from, events: piece.isEmpty && !isHeld ? Int16(POLLIN) : 0, revents: 0),
            pollfd(fd: to, events: piece.isEmpty ? 0 : Int16(POLLOUT), revents: 0),
        ]
    }

    func turn(_ found: [Int16], rate: Int?, flips: () -> Bool) {
        if found.contains(where: { $0 & Int16(POLLERR | POLLHUP | POLLNVAL) != 0 }) { isOver = true }
        if found[0] & Int16(POLLIN) != 0 { take(rate: rate, flips: flips) }
        if found[1] & Int16(POLLOUT) != 0 { give() }
    }

    private func take(rate: Int?, flips: () -> Bool) {
        // Fifty pieces a second are smooth enough.
        var bytes = [UInt8](repeating: 0, count: rate.map { min(max($0 / 50, 1), 65_536) } ?? 65_536)
        let count = recv(from, &bytes, bytes.count, Int32(MSG_DONTWAIT))
        guard count > 0 else {
            isOver = isOver || count == 0 || errno != EAGAIN
            return
        }
        if flips() { bytes[count / 2] ^= 1 }
        piece = bytes[..<count]
        guard let rate else { return }
        let pause = Int64(count) * 1_000_000_000 / Int64(rate)
        next = LabClock.now() + Span(nanoseconds: pause)
    }

    private func give() {
        let count = piece.withUnsafeBytes {
            send(to, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT))
        }
        if count > 0 { piece.removeFirst(count) } else { isOver = isOver || errno != EAGAIN }
    }
}
