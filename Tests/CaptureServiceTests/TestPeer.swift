import Foundation
import Identity
import JoinCore
import NIOCore
import NIOPosix
import NIOSSL
import StreamProtocol
import Testing

@testable import CaptureService

/// The other end of a connection to a capture daemon, driven by a test.
final class TestPeer: StreamEnd, @unchecked Sendable {
    // @unchecked: `connection` is touched on the loop only.

    enum Event: Sendable {
        case opened
        case message(StreamMessage)
        case frame(FrameHeader)
        case closed(String)
    }

    private let loop = MultiThreadedEventLoopGroup.singleton.next()
    private let events: AsyncStream<Event>
    private let continuation: AsyncStream<Event>.Continuation
    private var iterator: AsyncStream<Event>.AsyncIterator
    private var connection: StreamConnection?

    private init() {
        (events, continuation) = AsyncStream<Event>.makeStream()
        iterator = events.makeAsyncIterator()
    }

    /// - Throws: when there is no TCP connection; what TLS says comes as an event.
    static func connect(port: Int, tls: TLSConfiguration, trust: ClusterTrust) async throws -> TestPeer {
        let peer = TestPeer()
        let transport = StreamTransport(loop: peer.loop, now: { WallTime(Date()) })
        try await peer.loop.flatSubmit {
            do {
                return try transport.connect(
                    to: try SocketAddress(ipAddress: "127.0.0.1", port: port), tls: tls, trust: trust, end: peer)
            } catch {
                return peer.loop.makeFailedFuture(error)
            }
        }.get()
        return peer
    }

    func send(_ message: StreamMessage) async throws {
        try await loop.submit { self.connection?.send(message) }.get()
    }

    /// Whatever the bytes are.
    func send(raw bytes: [UInt8]) async throws {
        try await loop.submit {
            bytes.withUnsafeBytes { self.connection?.send(frame: $0) }
            self.connection?.flush()
        }.get()
    }

    /// Ends the connection without a word.
    func cut() async throws { try await loop.submit { self.connection?.cut("by the test") }.get() }

    func next() async -> Event? { await iterator.next(isolation: nil) }

    /// The next event that gives something.
    func wait<Result>(_ pick: (Event) -> Result?) async throws -> Result {
        while let event = await next() {
            if let result = pick(event) { return result }
            if case .closed(let reason) = event { throw PeerClosed(reason: reason) }
        }
        throw PeerClosed(reason: "there are no more events")
    }

    /// - Returns: how the connection ended.
    func waitForEnd() async throws -> String {
        try await wait { if case .closed(let reason) = $0 { reason } else { nil } }
    }

    func answer() async throws -> HelloAnswer {
        try await wait { if case .message(.answer(let answer)) = $0 { answer } else { nil } }
    }

    func acknowledgement(
        where isEnough: @escaping (Acknowledgement) -> Bool
    ) async throws -> Acknowledgement {
        try await wait {
            if case .message(.acknowledgement(let one)) = $0, isEnough(one) { one } else { nil }
        }
    }

    // MARK: StreamEnd

    func opened(_ connection: StreamConnection, peer: StreamPeer) {
        self.connection = connection
        continuation.yield(.opened)
    }

    func received(_ frame: ReceivedFrame, on connection: StreamConnection) {
        continuation.yield(.frame(frame.header))
    }

    func received(_ message: StreamMessage, on connection: StreamConnection) { continuation.yield(.message(message)) }

    func readEnded(_ connection: StreamConnection) {}

    func becameWritable(_ connection: StreamConnection) {}

    func closed(_ connection: StreamConnection, reason: String) {
        self.connection = nil
        continuation.yield(.closed(reason))
    }
}

struct PeerClosed: Error, CustomStringConvertible {
    let reason: String

    var description: String { "the connection ended: \(reason)" }
}

extension TestPeer {
    /// A machine's source, connected.
    static func source(_ cluster: TestCluster, _ machine: MachineID, port: Int) async throws -> TestPeer {
        let identity = try cluster.source(machine)
        let peer = try await connect(port: port, tls: try identity.clientTLS(), trust: cluster.trust)
        _ = try await peer.wait { if case .opened = $0 { true } else { nil } }
        return peer
    }

    /// - Returns: what was accepted.
    /// - Throws: `PeerClosed` with the answer when the hello was refused.
    func greet(_ hello: Hello) async throws -> (durable: StreamPosition, next: UInt64) {
        try await send(.hello(hello))
        let answer = try await answer()
        guard case .accepted(let durable, let next, _, _) = answer else { throw PeerClosed(reason: "\(answer)") }
        return (durable, next)
    }
}
