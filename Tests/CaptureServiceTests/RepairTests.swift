import CaptureProtocol
import ConfigurationCore
import Foundation
import Glibc
import Identity
import Primitives
import StreamProtocol
import Testing

@testable import CaptureService

/// A bit that flips on one node is found there and repaired from the other one.
@Suite(.enabled(if: Foreign.isThere, "nbdcopy is not installed"), .serialized, .timeLimit(.minutes(2)))
struct RepairTests {
    static let machine = MachineID(high: 2, low: 77)
    static let size = 1 << 20

    private let cluster: TestCluster
    private let first: TestNode
    private let second: TestNode

    init() async throws {
        cluster = try TestCluster()
        (first, second) = try await cluster.pair()
        try await assign(epoch: 1)
    }

    private func assign(epoch: UInt64) async throws {
        var assignment = cluster.assignment(
            Self.machine, size: Self.size, first.place, second: second.place, epoch: epoch)
        // A point a second: the first segments are folded, some stay.
        assignment.retention.window = 120
        for node in [first, second] { #expect(try await node.ask(.assign([assignment])) == .done) }
    }

    /// Both nodes have everything, in base and journal.
    private func filled() async throws -> TestStream {
        var stream = TestStream(machine: Self.machine, size: Self.size)
        stream.beginGeneration()
        let peer = try await TestPeer.source(cluster, Self.machine, port: first.port)
        _ = try await peer.greet(stream.hello(level: .replicated))
        for round in 0..<400 {
            try await peer.send(raw: stream.write((0..<60).map { ((round * 60 + $0) % 2_048, UInt8(round % 251)) }))
        }
        _ = try await peer.acknowledgement { $0.replicated == stream.sequence && $0.applied > 0 }
        try await peer.cut()
        try await first.waitUntilIdle(Self.machine)
        // The first two segments are folded and gone; the third one has points of the window.
        for node in [first, second] {
            let folded = folder(node) + "/segment-00000002"
            try await node.waitUntil(Self.machine) { _ in !FileManager.default.fileExists(atPath: folded) }
        }
        return stream
    }

    private func folder(_ node: TestNode) -> String { "\(node.configuration.journalDirectory)/\(Self.machine)" }

    private func segments(_ node: TestNode) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: folder(node)).filter { $0.hasPrefix("segment-") }.sorted()
            .map { folder(node) + "/" + $0 }
    }

    private func flip(_ path: String, at offset: Int) throws {
        let file = open(path, O_RDWR)
        #expect(file >= 0, "\(path)")
        defer { close(file) }
        var byte: UInt8 = 0
        #expect(pread(file, &byte, 1, off_t(offset)) == 1)
        byte ^= 0x10
        #expect(pwrite(file, &byte, 1, off_t(offset)) == 1)
        #expect(fsync(file) == 0)
    }

    private func verified(_ node: TestNode) async throws -> [String] {
        #expect(try await node.ask(.verify(Self.machine)) == .done)
        return try await node.waitForVerification(Self.machine).findings
    }

    private func content(_ node: TestNode) async throws -> [UInt8] {
        try await Foreign.content(of: try await node.export(Self.machine, .newest))
    }

    private func stop() async throws {
        try await first.stop()
        try await second.stop()
    }

    @Test func aFlippedBitIsRepairedInBothDirections() async throws {
        let stream = try await filled()
        for (node, other) in [(first, second), (second, first)] {
            let segment = try #require(try segments(node).first)
            let length = try #require(try FileManager.default.attributesOfItem(atPath: segment)[.size] as? Int)
            try flip(segment, at: 4_096 * 3 + 900)
            try flip(segment, at: length - 9_000)
            try flip(folder(node) + "/base-1-0.img", at: 40 * 4_096 + 7)
            let findings = try await verified(node)
            #expect(findings.count == 3, "\(findings)")
            let source = "repaired from node \(other.identity.node)"
            #expect(
                findings.contains { $0.hasPrefix("\(segment), byte 4096: volume 0, ") && $0.hasSuffix(source) },
                "\(findings)")
            #expect(findings.contains { $0.hasPrefix(segment) && $0.hasSuffix("repaired from its frames") })
            #expect(
                findings.contains {
                    $0.hasPrefix("\(folder(node))/base-1-0.img, byte 163840: volume 0, ") && $0.hasSuffix(source)
                }, "\(findings)")
            #expect(try await verified(node) == [])
            #expect(try await content(node) == stream.content)
            #expect(try await node.status(Self.machine).alarms == [])
        }
        try await stop()
    }

    @Test func whatIsDamagedOnBothNodesIsToldAndTheRestServed() async throws {
        let stream = try await filled()
        for node in [first, second] { try flip(folder(node) + "/base-1-0.img", at: 40 * 4_096 + 7) }
        for (node, other) in [(first, second), (second, first)] {
            let findings = try await verified(node)
            #expect(findings.count == 1)
            let cause = "not repaired: the copy of node \(other.identity.node) is damaged as well"
            #expect(findings.first?.hasSuffix(cause) == true, "\(findings)")
            #expect(try await node.status(Self.machine).alarms == ["damaged"])
        }
        // The newest state has every block from the journal.
        #expect(try await content(first) == stream.content)
        try await stop()
    }

    @Test func withoutTheOtherNodeDamageIsToldAndLeft() async throws {
        _ = try await filled()
        try await second.stop()
        try flip(folder(first) + "/base-1-0.img", at: 40 * 4_096 + 7)
        let findings = try await verified(first)
        #expect(
            findings.count == 1 && findings[0].contains("not repaired: node \(second.identity.node)"), "\(findings)")
        try await first.stop()
    }

    /// Nobody asks; the last time is long ago.
    @Test func theBackgroundFindsItToo() async throws {
        let stream = try await filled()
        try await first.stop()
        try flip(folder(first) + "/base-1-0.img", at: 40 * 4_096 + 7)
        var book = try ScrubBook(path: first.configuration.scrubsPath)
        try book.note([Self.machine], at: 0)
        try await first.start()
        let progress = try await first.waitForFindings(Self.machine)
        #expect(progress.findings.count == 1)
        #expect(progress.findings.first?.hasSuffix("repaired from node \(second.identity.node)") == true)
        #expect(try await content(first) == stream.content)
        try await stop()
    }

    /// Only the nodes of the assignment get anything, and a connection for copies is for nothing else.
    @Test func othersGetNothing() async throws {
        let stream = try await filled()
        let request = FetchRequest(number: 1, machine: Self.machine, subject: .frame(after: .none))
        let source = try await TestPeer.source(cluster, Self.machine, port: first.port)
        try await source.send(.fetch(request))
        #expect(try await source.waitForEnd().contains("is not for copies of machine"))
        let stranger = try await peer(try cluster.node())
        try await stranger.send(.fetch(request))
        #expect(try await stranger.waitForEnd().contains("is not for copies of machine"))
        let node = try await peer(second.identity)
        try await node.send(.fetch(request))
        let answer = try await node.wait { if case .message(.fetched(let answer)) = $0 { answer } else { nil } }
        #expect(answer == FetchAnswer(number: 1, outcome: .absent))
        try await node.send(.hello(stream.hello()))
        _ = try await node.waitForEnd()
        try await stop()
    }

    private func peer(_ identity: NodeIdentity) async throws -> TestPeer {
        let peer = try await TestPeer.connect(
            port: first.port, tls: try identity.mutualClientTLS(), trust: cluster.trust)
        _ = try await peer.wait { if case .opened = $0 { true } else { nil } }
        return peer
    }
}

@Suite struct ScrubBookTests {
    @Test func theOneThatWaitsLongestIsNext() throws {
        let folder = try TestFolder()
        let path = folder.path + "/scrubs.json"
        let (a, b) = (MachineID(high: 1, low: 1), MachineID(high: 1, low: 2))
        var book = try ScrubBook(path: path)
        // New ones wait for a whole interval.
        #expect(try book.next(of: [a], at: 1_000, every: 100) == nil)
        #expect(try book.next(of: [a, b], at: 1_050, every: 100) == nil)
        book = try ScrubBook(path: path)
        #expect(try book.next(of: [a, b], at: 1_100, every: 100) == a)
        #expect(try book.next(of: [a, b], at: 1_200, every: 100) == a)
        try book.note([a], at: 1_200)
        #expect(try book.next(of: [a, b], at: 1_200, every: 100) == b)
        // A clock that was set back makes nothing due.
        #expect(try book.next(of: [a, b], at: 500, every: 100) == nil)
        try book.forget(b)
        book = try ScrubBook(path: path)
        #expect(try book.next(of: [b], at: 5_000, every: 100) == nil)
    }
}
