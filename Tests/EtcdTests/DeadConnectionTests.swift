import Etcd
import Foundation
import NIOCore
import Primitives
import Testing

/// A member behind a cable that can be pulled: a veth pair into a namespace of its own.
private struct Cable {
    let namespace: String
    let here: String
    let there: String
    let address: IPAddress

    init() throws {
        let process = UInt32(bitPattern: getpid())
        namespace = "k\(process)etcd"
        here = "k\(process)a"
        there = "k\(process)b"
        address = IPAddress(bytes: [10, 203, UInt8(process >> 6 & 0xFF), UInt8(process & 0x3F) << 2 | 2])
        let gateway = IPAddress(bytes: Array(address.bytes[..<3]) + [address.bytes[3] - 1])
        try Self.ip("netns", "add", namespace)
        do {
            try Self.ip("link", "add", here, "type", "veth", "peer", "name", there, "netns", namespace)
            try Self.ip("address", "add", "\(gateway)/30", "dev", here)
            try Self.ip("link", "set", here, "up")
            try Self.ip("-n", namespace, "address", "add", "\(address)/30", "dev", there)
            try Self.ip("-n", namespace, "link", "set", "lo", "up")
            try plug()
        } catch {
            try remove()
            throw error
        }
    }

    func pull() throws { try Self.ip("-n", namespace, "link", "set", there, "down") }
    func plug() throws { try Self.ip("-n", namespace, "link", "set", there, "up") }
    /// The pair goes with the namespace.
    func remove() throws { try Self.ip("netns", "delete", namespace) }

    private static func ip(_ arguments: String...) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/sbin/ip")
        process.arguments = arguments
        try process.run()
        process.waitUntilExit()
        try #require(process.terminationStatus == 0, "ip \(arguments.joined(separator: " "))")
    }
}

@Suite(.serialized, .enabled(if: geteuid() == 0, "network namespaces need root")) struct DeadConnectionTests {
    @Test func aPulledCableIsNoticedWithoutAWord() async throws {
        let cable = try Cable()
        let result: Result<Void, any Error>
        do { result = .success(try await Self.run(cable)) } catch { result = .failure(error) }
        try cable.remove()
        try result.get()
    }

    private static func run(_ cable: Cable) async throws {
        try await TestCluster.withCluster { cluster in
            let member = try cluster.addMember(at: cable.address)
            try member.start(
                initialCluster: [member], isNew: true, prefix: ["/usr/sbin/ip", "netns", "exec", cable.namespace])
            var options = EtcdClient.Options()
            // Long enough that it cannot be what notices.
            options.watchIdleLimit = .seconds(60)
            let client = try cluster.client([member.endpoint], options: options)
            try await cluster.waitHealthy(member, client)
            var news = client.watch(.key("k"), from: nil).makeAsyncIterator()
            guard case .established? = try await news.next() else {
                Issue.record("the watch is not established")
                return
            }
            let put = Transaction(then: [.put(key: "k", value: [1])])
            _ = try await client.transaction(put, timeout: .patient)
            guard case .changed? = try await news.next() else {
                Issue.record("the change was not told")
                return
            }
            try cable.pull()
            let start = NIODeadline.now()
            let error = await #expect(throws: EtcdError.self) {
                try await client.transaction(put, timeout: .milliseconds(100))
            }
            #expect(error?.mayHaveHappened == true)
            guard case .interrupted? = try await news.next() else {
                Issue.record("the watch did not notice")
                return
            }
            let noticed = NIODeadline.now() - start
            #expect(noticed < .seconds(30), "\(noticed.nanoseconds / 1_000_000) ms")
            try cable.plug()
            try await eventually("the watch is back") {
                if case .established? = try await news.next() { () } else { nil }
            }
            #expect(try await client.transaction(put, timeout: .patient).succeeded)
        }
    }
}
