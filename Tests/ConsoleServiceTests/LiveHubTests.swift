import APIProtocol
import NIOCore
import Testing
import Texts

@testable import ConsoleService

@Suite("The live stream", .serialized, .timeLimit(.minutes(1)))
struct LiveHubTests {
    /// Reads until a message holds all of these texts.
    private func wait(for texts: String..., in stream: LiveHub.Stream) async -> [String] {
        var seen: [String] = []
        for await message in stream {
            let text = String(buffer: message)
            seen.append(text)
            if texts.allSatisfy(text.contains) { break }
        }
        return seen
    }

    @Test("First every part, then only what has changed, each in its console's language")
    func parts() async throws {
        let daemon = FakeClusterDaemon()
        try Samples.fill(daemon)
        try await daemon.run { console in
            let english = await console.hub.subscribe(.english)
            let first = await wait(for: "event: tick", in: english).filter { $0.contains("event: part") }
            var picture = ClusterPicture(status: Samples.status())
            picture.machines = [Samples.machine]
            #expect(first.count == LiveParts.names(of: picture).count)
            let chinese = await console.hub.subscribe(.chinese)
            let words = Words(.chinese)("console.masterIs", ["name": "n1", "epoch": "1.7"])
            _ = await wait(for: #"["overview","#, words, in: chinese)

            try daemon.answer("GET /v1/status", Samples.status(master: Samples.n2))
            let later = await wait(for: #"["overview","#, "n2, epoch 1.7", in: english)
            let changed = Set(later.filter { $0.contains("event: part") }.map { $0.prefix(40).description })
            #expect(!changed.contains { $0.contains(#"["events","#) }, "the events have not changed")
        }
    }

    @Test("Nobody watches, nobody asks; all that is asked for all consoles is asked once")
    func onlyWhileWatched() async throws {
        let daemon = FakeClusterDaemon()
        try Samples.fill(daemon)
        try await daemon.run { console in
            #expect(daemon.asked.isEmpty)
            var streams: [LiveHub.Stream] = []
            for _ in 0..<50 { streams.append(await console.hub.subscribe(.english)) }
            for stream in streams { _ = await wait(for: "event: tick", in: stream) }
            #expect(daemon.asked.filter { $0.line == "GET /v1/status" }.count < 10)
            #expect(daemon.asked.allSatisfy { $0.authorization == nil })
        }
    }
}
