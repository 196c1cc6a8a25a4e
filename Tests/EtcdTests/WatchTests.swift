import Etcd
import Foundation
import Primitives
import Testing

@Suite(.serialized) struct WatchTests {
    private static func put(
        _ client: EtcdClient, _ key: String, _ value: UInt8, timeout: Span = .patient
    ) async throws -> Int64 {
        try await client.transaction(Transaction(then: [.put(key: key, value: [value])]), timeout: timeout).revision
    }

    @Test func tellsPutsAndDeletesInOrder() async throws {
        try await TestCluster.withCluster { cluster in
            let client = try cluster.client([try await cluster.start(1)[0].endpoint])
            var news = client.watch(.prefix("a/"), from: nil).makeAsyncIterator()
            guard case .established(_, let first)? = try await news.next() else {
                Issue.record("a watch begins with its establishment")
                return
            }
            _ = try await Self.put(client, "b", 0)
            let revision = try await Self.put(client, "a/1", 7)
            #expect(first <= revision)
            guard case .changed(revision, let events)? = try await news.next() else {
                Issue.record("no change was told")
                return
            }
            #expect(events.map(\.key) == ["a/1"] && events.map(\.revision) == [revision])
            _ = try await client.transaction(
                Transaction(then: [.delete(.key("a/1")), .put(key: "a/2", value: [])]), timeout: .patient)
            guard case .changed(_, let both)? = try await news.next() else {
                Issue.record("no change was told")
                return
            }
            #expect(both.first == .deleted(key: "a/1", revision: revision + 1))
            #expect(both.map(\.key) == ["a/1", "a/2"])
        }
    }

    @Test func resumesWithoutLossOverARestart() async throws {
        try await TestCluster.withCluster { cluster in
            let member = try await cluster.start(1)[0]
            let client = try cluster.client([member.endpoint])
            let start = try await Self.put(client, "k", 0)
            let watch = client.watch(.key("k"), from: start)
            let seen = Task {
                var values: [UInt8] = []
                var interruptions = 0
                for try await news in watch {
                    switch news {
                    case .established: continue
                    case .interrupted: interruptions += 1
                    case .changed(_, let events):
                        for case .put(let key) in events { values.append(key.value[0]) }
                    }
                    if values.last == 20 { break }
                }
                return (values, interruptions)
            }
            for value: UInt8 in 1...10 { _ = try await Self.put(client, "k", value) }
            try member.cut()
            try member.start(initialCluster: [member], isNew: true)
            try await cluster.waitHealthy(member, client)
            for value: UInt8 in 11...20 { _ = try await Self.put(client, "k", value) }
            let (values, interruptions) = try await seen.value
            #expect(values == Array(0...20))
            #expect(interruptions >= 1)
        }
    }

    @Test func aStoppedMemberIsLeftForAnother() async throws {
        try await TestCluster.withCluster { cluster in
            let members = try await cluster.start(3)
            var options = EtcdClient.Options()
            options.watchIdleLimit = .milliseconds(600)
            let client = try cluster.client(members.map(\.endpoint), options: options)
            var news = client.watch(.key("k"), from: nil).makeAsyncIterator()
            guard case .established(members[0].endpoint, _)? = try await news.next() else {
                Issue.record("the watch is not at the first member")
                return
            }
            try members[0].signal(SIGSTOP)
            let other = try cluster.client([members[1].endpoint, members[2].endpoint])
            // What is forwarded to a stopped leader is lost: better short attempts than etcd's own limit of 5 s.
            _ = try await eventually("a put at the others") {
                try await Self.put(other, "k", 1, timeout: .milliseconds(400))
            }
            var values: [UInt8] = []
            while values.isEmpty, let one = try await news.next() {
                if case .changed(_, let events) = one {
                    for case .put(let key) in events { values += key.value }
                }
            }
            try members[0].signal(SIGCONT)
            #expect(values.allSatisfy { $0 == 1 })
        }
    }

    @Test func aMemberWithoutLeaderDoesNotKeepSilent() async throws {
        try await TestCluster.withCluster { cluster in
            let members = try await cluster.start(3)
            var options = EtcdClient.Options()
            options.watchIdleLimit = .seconds(60)
            let client = try cluster.client([members[0].endpoint], options: options)
            var news = client.watch(.key("k"), from: nil).makeAsyncIterator()
            guard case .established? = try await news.next() else {
                Issue.record("the watch is not established")
                return
            }
            for member in members[1...] { try member.signal(SIGSTOP) }
            guard case .interrupted? = try await news.next() else {
                Issue.record("the watch goes on without a leader")
                return
            }
            for member in members[1...] { try member.signal(SIGCONT) }
            try await eventually("the watch is back") {
                if case .established? = try await news.next() { () } else { nil }
            }
        }
    }

    @Test func reportsCompaction() async throws {
        try await TestCluster.withCluster { cluster in
            let client = try cluster.client([try await cluster.start(1)[0].endpoint])
            var last: Int64 = 0
            for value: UInt8 in 0..<5 { last = try await Self.put(client, "k", value) }
            try await client.compact(to: last, timeout: .patient)
            var news = client.watch(.key("k"), from: 2).makeAsyncIterator()
            let error = await #expect(throws: WatchCompacted.self) {
                while try await news.next() != nil {}
            }
            #expect(error?.oldest == last)
            await #expect(
                throws: EtcdError.refused(
                    EtcdRefusal(
                        code: 11, message: "etcdserver: mvcc: required revision has been compacted"))
            ) { try await client.compact(to: 2, timeout: .patient) }
        }
    }

    @Test func endsWhenItsTaskIsCancelled() async throws {
        try await TestCluster.withCluster { cluster in
            let client = try cluster.client([try await cluster.start(1)[0].endpoint])
            let (established, signal) = AsyncStream<Void>.makeStream()
            let task = Task {
                for try await _ in client.watch(.key("k"), from: nil) { signal.yield() }
            }
            for await _ in established { break }
            task.cancel()
            await #expect(throws: CancellationError.self) { try await task.value }
        }
    }
}
