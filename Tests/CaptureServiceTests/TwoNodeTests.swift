import CaptureProtocol
import Identity
import JournalStore
import NIOSSL
import Primitives
import StreamProtocol
import Testing

@testable import CaptureService

/// Two nodes keep one machine's stream.
@Suite struct TwoNodeTests {
    static let machine = MachineID(high: 2, low: 9)
    static let size = 1 << 20

    private let cluster: TestCluster
    private let first: TestNode
    private let second: TestNode

    init() async throws {
        cluster = try TestCluster()
        (first, second) = try await cluster.pair()
        try await assign(epoch: 1)
    }

    private func assign(epoch: UInt64, keeping window: UInt64 = 86_400) async throws {
        var assignment = cluster.assignment(
            Self.machine, size: Self.size, first.place, second: second.place, epoch: epoch)
        assignment.retention.window = window
        for node in [first, second] { #expect(try await node.ask(.assign([assignment])) == .done) }
    }

    private func connect(_ node: TestNode) async throws -> TestPeer {
        try await TestPeer.source(cluster, Self.machine, port: node.port)
    }

    private func stop() async throws {
        try await first.stop()
        try await second.stop()
    }

    @Test func replicatedIsWhatBothHaveFlushed() async throws {
        var stream = TestStream(machine: Self.machine, size: Self.size)
        stream.beginGeneration()
        let peer = try await connect(first)
        _ = try await peer.greet(stream.hello(level: .replicated))
        for value in 0..<20 { try await peer.send(raw: stream.write([(Int(value), UInt8(value))])) }
        _ = try await peer.acknowledgement { $0.replicated == stream.sequence }
        let status = try await second.status(Self.machine)
        #expect(status.role == .second && status.sequence == stream.sequence && status.isReplicated)
        let own = try await first.status(Self.machine)
        #expect(own.role == .receiver && own.state == .streaming && own.isReplicated && own.rate > 0)
        try await stop()
    }

    /// The receiver dies; the source goes on with the other node, and what was acknowledged as replicated is there.
    @Test func theOtherNodeGoesOn() async throws {
        var stream = TestStream(machine: Self.machine, size: Self.size)
        stream.beginGeneration()
        let peer = try await connect(first)
        _ = try await peer.greet(stream.hello(level: .replicated))
        try await peer.send(raw: stream.write([(0, 1)]))
        _ = try await peer.acknowledgement { $0.replicated == stream.sequence }
        try await first.stop()
        let other = try await connect(second)
        let answer = try await other.greet(stream.hello(session: 2, level: .replicated))
        #expect(answer.durable == stream.position)
        try await other.send(raw: stream.write([(1, 2)]))
        _ = try await other.acknowledgement { $0.durable == stream.sequence }
        // The first comes back, is brought level by the other and holds everything.
        try await first.start()
        _ = try await other.acknowledgement { $0.replicated == stream.sequence }
        let status = try await first.status(Self.machine)
        #expect(status.role == .second && status.sequence == stream.sequence)
        try await stop()
    }

    @Test func anotherGenerationGoesToBoth() async throws {
        var stream = TestStream(machine: Self.machine, size: Self.size)
        stream.beginGeneration()
        let peer = try await connect(first)
        _ = try await peer.greet(stream.hello(level: .replicated))
        try await peer.send(raw: stream.write([(0, 1)]))
        _ = try await peer.acknowledgement { $0.replicated == stream.sequence }
        stream.beginGeneration()
        let again = try await connect(first)
        _ = try await again.greet(stream.hello(session: 2, level: .replicated))
        try await again.send(raw: stream.write([(0, 2)]))
        _ = try await again.acknowledgement { $0.generation == stream.generation && $0.replicated == stream.sequence }
        try await stop()
    }

    /// The second node lost its disk while the first one still has every frame: they are sent again.
    @Test(.enabled(if: Foreign.isThere, "nbdcopy is not installed"))
    func aNewSecondIsBuiltFromFrames() async throws {
        var stream = TestStream(machine: Self.machine, size: Self.size)
        stream.beginGeneration()
        let peer = try await connect(first)
        _ = try await peer.greet(stream.hello(level: .replicated))
        for value in 0..<10 { try await peer.send(raw: stream.write([(Int(value), UInt8(value + 1))])) }
        _ = try await peer.acknowledgement { $0.replicated == stream.sequence }
        try await rebuildSecond(&stream, peer)
        try await stop()
    }

    /// The first frames are in the base already: the second node gets the base, then what follows.
    @Test(.enabled(if: Foreign.isThere, "nbdcopy is not installed"))
    func aNewSecondIsBuiltFromTheBase() async throws {
        try await assign(epoch: 2, keeping: 0)
        var stream = TestStream(machine: Self.machine, size: Self.size)
        stream.beginGeneration()
        let peer = try await connect(first)
        _ = try await peer.greet(stream.hello(epoch: 2, level: .replicated))
        // More than two segments of 4 MiB.
        for round in 0..<300 {
            try await peer.send(raw: stream.write((0..<60).map { ((round * 60 + $0) % 2_048, UInt8(round % 251)) }))
        }
        _ = try await peer.acknowledgement { $0.replicated == stream.sequence && $0.applied > 0 }
        try await rebuildSecond(&stream, peer)
        #expect(try await second.status(Self.machine).baseBytes > 0)
        try await stop()
    }

    private func rebuildSecond(_ stream: inout TestStream, _ peer: TestPeer) async throws {
        try await second.stop()
        try await peer.send(raw: stream.write([(20, 9)]))
        let last = stream.sequence
        _ = try await peer.acknowledgement { $0.durable == last }
        try second.loseJournals()
        try await second.start()
        try await assign(epoch: 9, keeping: 0)
        _ = try await peer.acknowledgement { $0.replicated == last }
        #expect(try await second.status(Self.machine).sequence == last)
        let place = try await second.export(Self.machine, .newest)
        #expect(try await Foreign.content(of: place) == stream.content)
    }
}
