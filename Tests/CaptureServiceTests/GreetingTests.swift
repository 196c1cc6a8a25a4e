import CaptureProtocol
import Identity
import NIOSSL
import Primitives
import StreamProtocol
import Testing

@testable import CaptureService

/// Who gets in, and for what.
@Suite struct GreetingTests {
    static let machine = MachineID(high: 1, low: 7)

    private let cluster: TestCluster
    private let node: TestNode

    init() async throws {
        cluster = try TestCluster()
        node = try TestNode(cluster)
        try await node.start()
    }

    private func assignment(epoch: UInt64 = 1, second: StreamAssignment.Place? = nil) -> StreamAssignment {
        StreamAssignment(
            machine: Self.machine, name: "m", epoch: epoch, receiver: node.place, second: second,
            volumes: [.init(number: VolumeNumber(0), name: "vda", size: 1 << 20, blockSize: 512)], level: .durable)
    }

    private func hello(_ purpose: Hello.Purpose, machine: MachineID = Self.machine) -> Hello {
        Hello(
            machine: machine, purpose: purpose, epoch: 1, session: 1, generation: Generation(1), predecessor: .none,
            volumes: [.init(number: VolumeNumber(0), size: 1 << 20, blockSize: 512)], level: .durable, codecs: [.none])
    }

    private func source(_ machine: MachineID = Self.machine) async throws -> TestPeer {
        let identity = try cluster.source(machine)
        return try await TestPeer.connect(port: node.port, tls: try identity.clientTLS(), trust: cluster.trust)
    }

    @Test func answersTheSupervisor() async throws {
        #expect(try await node.ask("ping") == "pong")
        let answer = try await node.ask(#"{"what":1}"#)
        #expect(answer.contains("malformed"))
        try await node.stop()
    }

    @Test func refusesAnAssignmentForOtherNodes() async throws {
        var other = assignment()
        other.receiver.node = try cluster.node().node
        guard case .refused(let refusal) = try await node.ask(.assign([other])) else {
            throw PeerClosed(reason: "taken")
        }
        #expect(refusal.code == .malformed)
        #expect(try await node.ask(.assign([assignment(epoch: 2)])) == .done)
        guard case .refused(let stale) = try await node.ask(.assign([assignment()])) else {
            throw PeerClosed(reason: "taken")
        }
        #expect(stale.code == .staleEpoch)
        try await node.stop()
    }

    @Test func aSourceOfAnotherMachineIsNotHeard() async throws {
        #expect(try await node.ask(.assign([assignment()])) == .done)
        let peer = try await source(MachineID(high: 1, low: 8))
        _ = try await peer.wait { if case .opened = $0 { true } else { nil } }
        try await peer.send(.hello(hello(.source)))
        let reason = try await peer.waitForEnd()
        #expect(reason.contains("is not for source of machine \(Self.machine)"))
        try await node.stop()
    }

    @Test func aSourceCannotForwardAndANodeIsNoSource() async throws {
        #expect(try await node.ask(.assign([assignment()])) == .done)
        let peer = try await source()
        _ = try await peer.wait { if case .opened = $0 { true } else { nil } }
        try await peer.send(.hello(hello(.forward)))
        #expect(try await peer.waitForEnd().contains("is not for forward"))
        let other = try cluster.node()
        for purpose in [Hello.Purpose.source, .forward, .copy] {
            let peer = try await TestPeer.connect(
                port: node.port, tls: try other.mutualClientTLS(), trust: cluster.trust)
            _ = try await peer.wait { if case .opened = $0 { true } else { nil } }
            try await peer.send(.hello(hello(purpose)))
            #expect(try await peer.waitForEnd().contains("is not for \(purpose)"))
        }
        try await node.stop()
    }

    @Test func anUnknownMachineIsTold() async throws {
        let peer = try await source()
        _ = try await peer.wait { if case .opened = $0 { true } else { nil } }
        try await peer.send(.hello(hello(.source)))
        #expect(try await peer.answer() == .refused(.unknownMachine, tail: .none))
        _ = try await peer.waitForEnd()
        try await node.stop()
    }

    @Test func aDiskWithOtherBlocksIsRefused() async throws {
        #expect(try await node.ask(.assign([assignment()])) == .done)
        let peer = try await source()
        _ = try await peer.wait { if case .opened = $0 { true } else { nil } }
        var wrong = hello(.source)
        wrong.volumes[0].blockSize = 4096
        try await peer.send(.hello(wrong))
        #expect(
            try await peer.waitForEnd().contains(
                "volume 0 ('vda') has blocks of 4096 bytes and was protected with blocks of 512"))
        try await node.stop()
    }

    @Test func strangersDoNotPassTheHandshake() async throws {
        let strangers = try TestCluster()
        var liar = try strangers.source(Self.machine).clientTLS()
        liar.certificateVerification = .none
        for tls in [liar, try cluster.trust.clientTLS()] {
            let peer = try await TestPeer.connect(port: node.port, tls: tls, trust: cluster.trust)
            _ = try await peer.waitForEnd()
        }
        try await node.stop()
    }

    @Test func whatIsNoStreamIsRefusedByName() async throws {
        let peer = try await source()
        _ = try await peer.wait { if case .opened = $0 { true } else { nil } }
        try await peer.send(raw: Array("GET / HTTP/1.1\r\n\r\n".utf8))
        #expect(try await peer.waitForEnd().contains("begins neither a frame nor a message"))
        try await node.stop()
    }
}
