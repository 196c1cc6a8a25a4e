import CaptureProtocol
import Identity
import NIOSSL
import Primitives
import StreamProtocol
import Testing

@testable import CaptureService

/// One node takes a stream.
@Suite struct StreamTests {
    static let machine = MachineID(high: 1, low: 7)
    static let size = 1 << 20

    private let cluster: TestCluster
    private let node: TestNode

    init() async throws {
        cluster = try TestCluster()
        node = try TestNode(cluster)
        try await node.start()
        #expect(try await node.ask(.assign([cluster.assignment(Self.machine, size: Self.size, node.place)])) == .done)
    }

    private func connect() async throws -> TestPeer {
        try await TestPeer.source(cluster, Self.machine, port: node.port)
    }

    @Test func whatIsFlushedIsAcknowledged() async throws {
        var stream = TestStream(machine: Self.machine, size: Self.size)
        stream.beginGeneration()
        let peer = try await connect()
        try await peer.send(.hello(stream.hello()))
        guard case .accepted(.none, 1, _, .none) = try await peer.answer() else { throw PeerClosed(reason: "refused") }
        try await peer.send(raw: stream.write([(0, 1), (8, 2)]))
        try await peer.send(raw: stream.write([(0, 3)]))
        let acknowledgement = try await peer.acknowledgement { $0.durable == stream.sequence }
        #expect(acknowledgement.generation == stream.generation && acknowledgement.replicated == 0)
        try await node.stop()
    }

    /// The connection is cut in the middle; nothing that was acknowledged is missing, nothing is taken twice.
    @Test func goesOnAfterACut() async throws {
        var stream = TestStream(machine: Self.machine, size: Self.size)
        stream.beginGeneration()
        let first = try await connect()
        try await first.send(.hello(stream.hello()))
        _ = try await first.answer()
        try await first.send(raw: stream.write([(0, 1)]))
        _ = try await first.acknowledgement { $0.durable == stream.sequence }
        let half = stream.write([(1, 2)])
        try await first.send(raw: Array(half[..<1_000]))
        try await first.cut()
        let second = try await connect()
        try await second.send(.hello(stream.hello(session: 2)))
        let answer = try await second.answer()
        guard case .accepted(let durable, let next, _, _) = answer else { throw PeerClosed(reason: "\(answer)") }
        #expect(durable.sequence == stream.lastSequences[0] && next == durable.sequence + 1)
        try await second.send(raw: half)
        _ = try await second.acknowledgement { $0.durable == stream.sequence }
        try await node.stop()
    }

    @Test func goesOnAfterARestart() async throws {
        var stream = TestStream(machine: Self.machine, size: Self.size)
        stream.beginGeneration()
        let first = try await connect()
        try await first.send(.hello(stream.hello()))
        _ = try await first.answer()
        try await first.send(raw: stream.write([(0, 1)]))
        _ = try await first.acknowledgement { $0.durable == stream.sequence }
        try await node.stop()
        try await node.start()
        let second = try await connect()
        let answer = try await second.greet(stream.hello(session: 2))
        #expect(answer.durable == stream.position)
        try await second.send(raw: stream.write([(1, 2)]))
        _ = try await second.acknowledgement { $0.durable == stream.sequence }
        try await node.stop()
    }

    /// Whether the master may rely on this node alone is for the source to say, over this connection.
    @Test func aNodeIsCurrentOnceTheSourceHasNothingToCopy() async throws {
        var stream = TestStream(machine: Self.machine, size: Self.size)
        stream.beginGeneration()
        let first = try await connect()
        _ = try await first.greet(stream.hello())
        func report(_ peer: TestPeer, left: UInt64) async throws {
            try await peer.send(
                .report(SourceReport(bytesBehind: 512, oldestUnsafe: 0, copiedBytes: 512, bytesToCopy: 512 + left)))
        }
        try await first.send(raw: stream.write([(0, 1)]))
        _ = try await first.acknowledgement { $0.durable == stream.sequence }
        #expect(try await node.status(Self.machine).isCurrent == false)
        try await report(first, left: 1_024)
        try await first.send(raw: stream.write([(1, 1)], flags: [.notConsistent]))
        _ = try await first.acknowledgement { $0.durable == stream.sequence }
        #expect(try await node.status(Self.machine).isCurrent == false)
        try await report(first, left: 0)
        try await first.send(raw: stream.write([(2, 1)]))
        _ = try await first.acknowledgement { $0.durable == stream.sequence }
        #expect(try await node.status(Self.machine).isCurrent)
        try await first.cut()
        try await node.waitUntilIdle(Self.machine)
        #expect(try await node.status(Self.machine).isCurrent == false)
        let second = try await connect()
        _ = try await second.greet(stream.hello(session: 2))
        #expect(try await node.status(Self.machine).isCurrent == false)
        try await node.stop()
    }

    @Test func aFlippedBitEndsTheConnectionByName() async throws {
        var stream = TestStream(machine: Self.machine, size: Self.size)
        stream.beginGeneration()
        let peer = try await connect()
        _ = try await peer.greet(stream.hello())
        let good = stream.write([(0, 1)])
        var bad = good
        bad[200] ^= 4
        try await peer.send(raw: bad)
        #expect(try await peer.waitForEnd().contains("is damaged"))
        let again = try await connect()
        #expect(try await again.greet(stream.hello(session: 2)).durable == .none)
        try await again.send(raw: good)
        _ = try await again.acknowledgement { $0.durable == stream.sequence }
        try await node.stop()
    }

    @Test func theHigherSessionStays() async throws {
        var stream = TestStream(machine: Self.machine, size: Self.size)
        stream.beginGeneration()
        let old = try await connect()
        _ = try await old.greet(stream.hello(session: 5))
        let stale = try await connect()
        try await stale.send(.hello(stream.hello(session: 4)))
        #expect(try await stale.answer() == .refused(.staleSession, tail: .none))
        let new = try await connect()
        _ = try await new.greet(stream.hello(session: 6))
        #expect(try await old.waitForEnd().contains("replaced"))
        try await new.send(raw: stream.write([(0, 1)]))
        _ = try await new.acknowledgement { $0.durable == stream.sequence }
        try await node.stop()
    }

    @Test func anOldAssignmentAndAWrongPredecessorAreRefused() async throws {
        var stream = TestStream(machine: Self.machine, size: Self.size)
        stream.beginGeneration()
        let peer = try await connect()
        _ = try await peer.greet(stream.hello())
        try await peer.send(raw: stream.write([(0, 1)]))
        _ = try await peer.acknowledgement { $0.durable == stream.sequence }
        let tail = stream.position
        var next = stream
        next.beginGeneration()
        var hello = next.hello(session: 2)
        hello.predecessor = StreamPosition(generation: Generation(2), sequence: 77, digest: tail.digest)
        let wrong = try await connect()
        try await wrong.send(.hello(hello))
        #expect(try await wrong.answer() == .refused(.wrongPredecessor, tail: tail))
        // The right one may follow on the same connection.
        try await wrong.send(.hello(next.hello(session: 2)))
        let answer = try await wrong.answer()
        guard case .accepted(tail, 1, _, _) = answer else { throw PeerClosed(reason: "\(answer)") }
        try await wrong.send(raw: next.write([(3, 3)]))
        _ = try await wrong.acknowledgement { $0.durable == next.sequence }

        let assignment = cluster.assignment(Self.machine, size: Self.size, node.place, epoch: 5)
        #expect(try await node.ask(.assign([assignment])) == .done)
        let stale = try await connect()
        try await stale.send(.hello(next.hello(session: 3, epoch: 4)))
        #expect(try await stale.answer() == .refused(.staleEpoch, tail: next.position))
        try await node.stop()
    }

    /// What the journal cannot take ends the connection with its reason; the stream goes on behind what was taken.
    @Test func aRecordOutsideItsVolumeIsRefused() async throws {
        var stream = TestStream(machine: Self.machine, size: Self.size * 2)
        stream.beginGeneration()
        let peer = try await connect()
        _ = try await peer.greet(stream.hello())
        try await peer.send(raw: stream.write([(0, 1)]))
        let good = stream
        try await peer.send(raw: stream.write([(Self.size / 512, 1)]))
        try await peer.send(raw: stream.write([(1, 1)]))
        #expect(try await peer.waitForEnd().contains("volume 0, which has \(Self.size) bytes"))
        var next = good
        let again = try await connect()
        #expect(try await again.greet(stream.hello(session: 2)).durable == good.position)
        try await again.send(raw: next.write([(1, 1)]))
        _ = try await again.acknowledgement { $0.durable == next.sequence }
        try await node.stop()
    }
}
