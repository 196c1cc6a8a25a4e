import CaptureProtocol
import ConfigurationCore
import Foundation
import Primitives
import StreamProtocol
import Testing

@testable import CaptureService

/// Points and branches over NBD, read and written by nbdcopy.
@Suite(.enabled(if: Foreign.isThere, "nbdcopy is not installed"))
struct ExportTests {
    static let machine = MachineID(high: 3, low: 1)
    static let size = 1 << 20

    private let cluster: TestCluster
    private let node: TestNode
    private let folder: TestFolder

    init() async throws {
        cluster = try TestCluster()
        node = try TestNode(cluster)
        folder = try TestFolder()
        try await node.start()
        #expect(try await node.ask(.assign([cluster.assignment(Self.machine, size: Self.size, node.place)])) == .done)
    }

    /// A stream of ten barriers, the fifth with a bookmark, all durable.
    private func filled() async throws -> TestStream {
        var stream = TestStream(machine: Self.machine, size: Self.size)
        stream.beginGeneration()
        let peer = try await TestPeer.source(cluster, Self.machine, port: node.port)
        _ = try await peer.greet(stream.hello())
        for value in 1...10 {
            let bookmark = value == 5 ? "before the update" : nil
            try await peer.send(
                raw: stream.write([(0, UInt8(value)), (value * 3, UInt8(value))], bookmark: bookmark))
        }
        _ = try await peer.acknowledgement { $0.durable == stream.sequence }
        try await peer.cut()
        try await node.waitUntilIdle(Self.machine)
        return stream
    }

    private func export(_ choice: PointChoice, isWritable: Bool = false) async throws -> ExportPlace {
        try await node.export(Self.machine, choice, isWritable: isWritable)
    }

    @Test func everyPointIsWhatItWas() async throws {
        let stream = try await filled()
        #expect(try await Foreign.content(of: export(.newest)) == stream.content)
        for sequence in [stream.lastSequences[0], stream.lastSequences[6]] {
            let place = try await export(.position(stream.generation, sequence: sequence))
            #expect(try await Foreign.content(of: place) == stream.states[sequence])
        }
        let bookmark = try await export(.bookmark("before the update"))
        #expect(try await Foreign.content(of: bookmark) == stream.states[stream.lastSequences[4]])
        #expect(bookmark.point.kind == .bookmark && bookmark.point.text == "before the update")
        guard case .points(let points) = try await node.ask(.points(Self.machine, before: .max, limit: 3)) else {
            throw PeerClosed(reason: "no points")
        }
        #expect(points.map(\.sequence) == stream.lastSequences.suffix(3).reversed())
        guard
            case .refused(let refusal) = try await node.ask(.export(Self.machine, .bookmark("none"), isWritable: false))
        else { throw PeerClosed(reason: "served") }
        #expect(refusal.code == .noSuchPoint)
        try await node.stop()
    }

    /// What was written to a branch and flushed is there after a restart, and gone when it is withdrawn.
    @Test func aBranchOutlivesARestartAndNotItsEnd() async throws {
        let stream = try await filled()
        let place = try await export(.newest, isWritable: true)
        let point = try await export(.newest)
        var content = stream.content
        content.replaceSubrange(4_096..<8_192, with: [UInt8](repeating: 0xEE, count: 4_096))
        let path = folder.path + "/branch.img"
        try Data(content).write(to: URL(fileURLWithPath: path))
        try await Foreign.copy(path, Foreign.address(place))
        try await node.stop()
        try await node.start()
        try await node.waitForExports([place.name, point.name])
        #expect(try await Foreign.content(of: place) == content)
        #expect(try await Foreign.content(of: point) == stream.content)
        #expect(try await node.ask(.withdraw(export: place.name)) == .done)
        #expect(!FileManager.default.fileExists(atPath: place.socket))
        let left = try FileManager.default.contentsOfDirectory(
            atPath: "\(node.configuration.journalDirectory)/\(Self.machine)")
        #expect(!left.contains { $0.contains(place.name) })
        guard case .refused(let refusal) = try await node.ask(.withdraw(export: place.name)) else {
            throw PeerClosed(reason: "withdrawn twice")
        }
        #expect(refusal.code == .noSuchExport)
        try await node.stop()
    }

    /// By question, and by an assignment that lists it, as a node hears of it that was away.
    @Test func aBookmarkIsReleased() async throws {
        let stream = try await filled()
        let sequence = stream.lastSequences[4]
        guard
            case .refused(let refusal) = try await node.ask(
                .release(Self.machine, stream.generation, sequence: stream.lastSequences[3]))
        else { throw PeerClosed(reason: "a point that is no bookmark was released") }
        #expect(refusal.code == .noSuchPoint)
        let list = "\(node.configuration.journalDirectory)/\(Self.machine)/released"
        var assignment = cluster.assignment(Self.machine, size: Self.size, node.place, epoch: 2)
        assignment.released = [
            .init(generation: stream.generation, sequence: sequence, time: 1),
            .init(generation: stream.generation, sequence: 1 << 40, time: 2),
        ]
        #expect(try await node.ask(.assign([assignment])) == .done)
        try await node.waitUntil(Self.machine) { _ in FileManager.default.fileExists(atPath: list) }
        guard
            case .points(let points) = try await node.ask(
                .release(Self.machine, stream.generation, sequence: sequence))
        else { throw PeerClosed(reason: "not released") }
        #expect(points.map(\.text) == ["before the update"])
        try await node.stop()
    }

    @Test func aForgottenMachineLeavesNothing() async throws {
        _ = try await filled()
        _ = try await export(.newest, isWritable: true)
        guard case .refused(let refusal) = try await node.ask(.forget(Self.machine)) else {
            throw PeerClosed(reason: "forgotten while it is assigned")
        }
        #expect(refusal.code == .busy)
        #expect(try await node.ask(.assign([])) == .done)
        #expect(try await node.ask(.forget(Self.machine)) == .done)
        let left = try FileManager.default.contentsOfDirectory(atPath: node.configuration.journalDirectory)
        #expect(!left.contains { $0.hasPrefix("\(Self.machine)") })
        #expect(try await node.ask(.status) == .status([]))
        try await node.stop()
    }

    @Test func everythingIsVerified() async throws {
        _ = try await filled()
        #expect(try await node.ask(.verify(Self.machine)) == .done)
        let progress = try await node.waitForVerification(Self.machine)
        #expect(progress.findings == [])
        try await node.stop()
    }

    /// Equal blocks need not be sent again.
    @Test func blocksAreCompared() async throws {
        var stream = try await filled()
        let peer = try await TestPeer.source(cluster, Self.machine, port: node.port)
        _ = try await peer.greet(stream.hello(session: 2))
        try await peer.send(raw: stream.write([(16, 7)]))
        _ = try await peer.acknowledgement { $0.durable == stream.sequence }
        var hashes = stride(from: 0, to: Self.size, by: 4_096).map { start in
            stream.content[start..<start + 4_096].withUnsafeBytes { BlockHash(of: $0) }
        }
        hashes.swapAt(1, 3)
        try await peer.send(
            .compare(CompareRequest(number: 7, volume: VolumeNumber(0), address: 0, hashes: hashes)))
        let answer = try await peer.wait { if case .message(.compared(let answer)) = $0 { answer } else { nil } }
        #expect(answer == CompareAnswer(number: 7, different: [1, 3]))
        try await node.stop()
    }

    @Test func aBookmarkGoesThroughTheSource() async throws {
        var stream = try await filled()
        guard case .refused(let refusal) = try await node.ask(.bookmark(Self.machine, text: "now")) else {
            throw PeerClosed(reason: "set without a source")
        }
        #expect(refusal.code == .sourceAway)
        let peer = try await TestPeer.source(cluster, Self.machine, port: node.port)
        _ = try await peer.greet(stream.hello(session: 2))
        async let answer = node.ask(.bookmark(Self.machine, text: "now"))
        let asked = try await peer.wait { if case .message(.bookmark(let text)) = $0 { text } else { nil } }
        try await peer.send(raw: stream.write([(1, 1)], bookmark: asked.text))
        guard case .points(let points) = try await answer else { throw PeerClosed(reason: "\(try await answer)") }
        #expect(points.map(\.text) == ["now"] && points.map(\.sequence) == [stream.sequence])
        try await node.stop()
    }
}
