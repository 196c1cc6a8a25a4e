import CaptureProtocol
import ConfigurationCore
import Glibc
import JournalStore
import Linux
import Primitives
import StreamProtocol
import Testing

@testable import CaptureService

/// A journal without room: what was acknowledged stays, the source is told, and the stream goes on when there is room.
@Suite struct FullDiskTests {
    static let machine = MachineID(high: 4, low: 4)
    static let size = 1 << 20

    @Test func aFullJournalSaysSoAndGoesOn() async throws {
        let cluster = try TestCluster()
        let journals = JournalConfiguration(
            segmentSize: 4 << 20, reserve: 1 << 20, roomPause: .milliseconds(10))
        let node = try TestNode(cluster, journals: journals)
        let folder = node.configuration.journalDirectory
        try DurableFile.makeFolder(folder)
        guard mount("none", folder, "tmpfs", 0, "size=24m") == 0 else {
            print("no file system could be mounted: errno \(errno); not tested")
            return
        }
        defer { #expect(umount2(folder, 2) == 0) }
        try await node.start()
        #expect(try await node.ask(.assign([cluster.assignment(Self.machine, size: Self.size, node.place)])) == .done)
        var stream = TestStream(machine: Self.machine, size: Self.size)
        stream.beginGeneration()
        let peer = try await TestPeer.source(cluster, Self.machine, port: node.port)
        _ = try await peer.greet(stream.hello())
        let filler = folder + "/filler"
        try Self.take(9 << 20, filler)

        let reason = try await fill(&stream, peer)
        #expect(reason.contains("full"))
        #expect(try await node.status(Self.machine).state == .full)
        let refused = try await TestPeer.source(cluster, Self.machine, port: node.port)
        try await refused.send(.hello(stream.hello(session: 2)))
        guard case .refused(.full, let tail) = try await refused.answer() else {
            throw PeerClosed(reason: "taken without room")
        }
        // A restart finds no room either, and everything that was acknowledged.
        try await node.stop()
        try await node.start()
        try await node.waitUntil(Self.machine) { $0.sequence == tail.sequence }
        #expect(unlink(filler) == 0)
        try await node.waitForState(Self.machine, .disconnected)
        let again = try await TestPeer.source(cluster, Self.machine, port: node.port)
        let answer = try await again.greet(stream.hello(session: 3))
        #expect(answer.durable == tail && answer.next == tail.sequence + 1)
        let first = try #require(stream.lastSequences.firstIndex { $0 > tail.sequence })
        try await again.send(raw: stream.frames[first])
        _ = try await again.acknowledgement { $0.durable == stream.lastSequences[first] }
        try await node.stop()
    }

    /// A file that takes room until it is removed.
    private static func take(_ bytes: Int, _ path: String) throws {
        let file = try OwnedDescriptor.open(path, flags: O_RDWR | O_CREAT)
        #expect(posix_fallocate(file.raw, 0, bytes) == 0)
    }

    /// - Returns: why the connection ended.
    private func fill(_ stream: inout TestStream, _ peer: TestPeer) async throws -> String {
        while true {
            for round in 0..<20 {
                let frame = stream.write((0..<60).map { (($0 + round * 60) % 2_048, UInt8(round + 1)) })
                try await peer.send(raw: frame)
            }
            do {
                let last = stream.sequence
                _ = try await peer.acknowledgement { $0.durable == last }
            } catch let end as PeerClosed { return end.reason }
        }
    }
}
