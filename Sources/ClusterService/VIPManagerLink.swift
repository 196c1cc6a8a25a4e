import Glibc
import Linux
import NIOConcurrencyHelpers
import Primitives
import VIPProtocol

/// The connection to keelson-vipd. A thread of its own reads and connects again; sending happens on the caller's
/// thread and never waits. When the connection breaks, vipd drops the address by itself.
final class VIPManagerLink: AddressKeeper {
    private static let reconnectPause = Span.milliseconds(50)

    private let path: String
    private let state: NIOLockedValueBox<LinkState>
    private let stop: WakeDescriptor
    private let onEvent: @Sendable (AddressEvent) -> Void

    /// What the lock protects. The descriptor's number stays valid while `isOpen`: only the reading thread closes it,
    /// under the lock.
    private struct LinkState: Sendable {
        var raw: Int32?
        var addresses: [Subnet]
        var isStopped = false
    }

    /// - Parameters:
    ///   - addresses: guarded from the first connection on.
    ///   - onEvent: called on the reading thread; must return soon.
    init(path: String, addresses: [Subnet], onEvent: @escaping @Sendable (AddressEvent) -> Void) throws {
        self.path = path
        self.onEvent = onEvent
        state = NIOLockedValueBox(LinkState(raw: nil, addresses: addresses))
        stop = try WakeDescriptor()
    }

    /// Starts the reading thread; it lives until `close`.
    func start() throws {
        _ = try OwnedThread("vip-link") { self.run() }
    }

    func close() {
        state.withLockedValue { $0.isStopped = true }
        stop.wake()
    }

    func hold(until deadline: Instant, _ epoch: Epoch) {
        let addresses = state.withLockedValue { $0.addresses }
        send(.hold(epoch: epoch, deadline: deadline, addresses: addresses))
    }

    func drop(_ epoch: Epoch) { send(.drop(epoch: epoch)) }

    func probe(_ address: IPAddress) { send(.probe(address)) }

    /// Replaces the addresses that are guarded here and held from the next `hold` on.
    func setAddresses(_ addresses: [Subnet]) {
        let changed = state.withLockedValue { state in
            defer { state.addresses = addresses }
            return state.addresses != addresses
        }
        if changed { send(.guarded(addresses: addresses)) }
    }

    var isConnected: Bool { state.withLockedValue { $0.raw != nil } }

    private func send(_ request: VIPRequest) {
        let bytes = Array(request.description.utf8)
        state.withLockedValue { state in
            guard let raw = state.raw else { return }
            // A full or broken socket needs no answer here: the reader sees the end, and vipd lets the address lapse.
            _ = Glibc.send(raw, bytes, bytes.count, Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT))
        }
    }

    private func run() {
        while !state.withLockedValue({ $0.isStopped }) {
            do throws(SystemError) {
                let descriptor = try UnixSocket.connect(path, kind: .packets)
                opened(descriptor.raw)
                let reason = read(descriptor)
                closed(reason)
            } catch {
                onEvent(.disconnected(error.description))
            }
            waitForStop(Self.reconnectPause)
        }
    }

    private func opened(_ raw: Int32) {
        let addresses = state.withLockedValue { state in
            state.raw = raw
            return state.addresses
        }
        if !addresses.isEmpty { send(.guarded(addresses: addresses)) }
        onEvent(.connected)
    }

    private func closed(_ reason: String) {
        state.withLockedValue { $0.raw = nil }
        onEvent(.disconnected(reason))
    }

    /// - Returns: why it ended.
    private func read(_ descriptor: borrowing OwnedDescriptor) -> String {
        var buffer = [UInt8](repeating: 0, count: VIPProtocol.longestMessage)
        var polled = [
            pollfd(fd: descriptor.raw, events: Int16(POLLIN), revents: 0),
            pollfd(fd: stop.raw, events: Int16(POLLIN), revents: 0),
        ]
        do {
            while true {
                try Poller.wait(&polled)
                if polled[1].revents != 0 { return "stopped" }
                switch try descriptor.receive(into: &buffer) {
                case .bytes(let count):
                    let line = String(decoding: buffer[..<min(count, buffer.count)], as: UTF8.self)
                    onEvent(.said(try VIPReply(parsing: line)))
                case .nothing: continue
                case .closed: return "keelson-vipd closed the connection"
                }
            }
        } catch {
            return "\(error)"
        }
    }

    private func waitForStop(_ span: Span) {
        var polled = [pollfd(fd: stop.raw, events: Int16(POLLIN), revents: 0)]
        do { try Poller.wait(&polled, until: BootClock.now + span) } catch {
            preconditionFailure("poll failed on an event descriptor: \(error)")
        }
    }
}
