import Etcd
import Foundation
import Identity
import NIOCore
import Primitives
import Testing

@Suite(.serialized) struct TransactionTests {
    @Test func compareAndSwapWinsOnceAndLosesAfterwards() async throws {
        try await TestCluster.withCluster { cluster in
            let client = try cluster.client([try await cluster.start(1)[0].endpoint])
            let create = Transaction(
                if: [.absent("cluster/master")], then: [.put(key: "cluster/master", value: [1])],
                else: [.get(.key("cluster/master"))])
            let won = try await client.transaction(create, timeout: .patient)
            #expect(won.succeeded && won.results == [.put])
            let lost = try await client.transaction(create, timeout: .patient)
            #expect(!lost.succeeded && lost.revision == won.revision)
            let key = try #require(lost.results[0].keys.first)
            #expect(key.modRevision == won.revision && key.createRevision == won.revision && key.version == 1)
            let renew = Transaction(
                if: [.modRevision(of: "cluster/master", equals: key.modRevision), .value(of: key.key, equals: [1])],
                then: [.put(key: "cluster/master", value: [2]), .get(.key("cluster/master"))])
            let renewed = try await client.transaction(renew, timeout: .patient)
            #expect(renewed.succeeded && renewed.revision == won.revision + 1)
            #expect(renewed.results[1].keys.first?.value == [2])
            #expect(try await client.transaction(renew, timeout: .patient).succeeded == false)
            let version = Transaction(
                if: [.version(of: "cluster/master", equals: 2)], then: [.delete(.prefix("cluster/"))])
            #expect(try await client.transaction(version, timeout: .patient).results == [.deleted(1)])
            #expect(try await client.get("cluster/master", timeout: .patient) == nil)
        }
    }

    @Test func rangesHoldAnyBytes() async throws {
        try await TestCluster.withCluster { cluster in
            let client = try cluster.client([try await cluster.start(1)[0].endpoint])
            let values: [[UInt8]] = [[], [0], [255, 0, 254], Array(0...255), Array("ä\"\\\n".utf8)]
            for (index, value) in values.enumerated() {
                let put = Transaction(then: [.put(key: "a/\(index)ü", value: value)])
                _ = try await client.transaction(put, timeout: .patient)
            }
            _ = try await client.transaction(Transaction(then: [.put(key: "b", value: [1])]), timeout: .patient)
            let range = try await client.range(.prefix("a/"), timeout: .patient)
            #expect(range.keys.map(\.value) == values)
            #expect(range.keys.map(\.key) == (0..<5).map { "a/\($0)ü" })
            #expect(range.revision == 7)
            #expect(try await client.range(.prefix(""), timeout: .patient).keys.count == 6)
            #expect(try await client.range(.prefix("c"), timeout: .patient).keys.isEmpty)
        }
    }

    @Test func aStoppedMemberLeavesTheOutcomeUnknownInTime() async throws {
        try await TestCluster.withCluster { cluster in
            let member = try await cluster.start(1)[0]
            let client = try cluster.client([member.endpoint])
            let put = Transaction(then: [.put(key: "k", value: [1])])
            _ = try await client.transaction(put, timeout: .patient)
            try member.signal(SIGSTOP)
            let start = NIODeadline.now()
            let error = await #expect(throws: EtcdError.self) {
                try await client.transaction(put, timeout: .milliseconds(150))
            }
            let elapsed = NIODeadline.now() - start
            try member.signal(SIGCONT)
            #expect(elapsed >= .milliseconds(150) && elapsed < .seconds(5))
            #expect(error?.mayHaveHappened == true)
            // The reader finds out which it was.
            let key = try #require(try await client.get("k", timeout: .patient))
            #expect(key.version == 1 || key.version == 2)
        }
    }

    @Test func aDeadMemberIsPassedByAtOnce() async throws {
        try await TestCluster.withCluster { cluster in
            let dead = try cluster.addMember().endpoint
            let alive = try await cluster.start(1)[0].endpoint
            let client = try cluster.client([dead, alive])
            let put = Transaction(then: [.put(key: "k", value: [1])])
            #expect(try await client.transaction(put, timeout: .patient).succeeded)
            #expect(client.endpoints == [alive, dead])
            let error = await #expect(throws: EtcdError.self) {
                try await client.transaction(put, timeout: .patient, at: .only(dead))
            }
            guard case .unreachable(dead, _)? = error else {
                Issue.record("\(String(describing: error))")
                return
            }
            client.replaceEndpoints([alive])
            #expect(client.endpoints == [alive])
        }
    }

    @Test func thePreferredMemberIsUsedAgainWhenItIsBack() async throws {
        try await TestCluster.withCluster { cluster in
            let members = try await cluster.start(3)
            let client = try cluster.client(members.map(\.endpoint))
            try members[0].cut()
            #expect(try await client.get("k", timeout: .patient) == nil)
            #expect(client.endpoints[0] != members[0].endpoint)
            try members[0].start(initialCluster: members, isNew: true)
            try await eventually("the first member serves again") {
                _ = try await client.get("k", timeout: .patient)
                return client.endpoints[0] == members[0].endpoint ? () : nil
            }
        }
    }

    @Test func aLostMajorityIsNotTheMembersFault() async throws {
        try await TestCluster.withCluster { cluster in
            let members = try await cluster.start(3)
            let client = try cluster.client(members.map(\.endpoint))
            let put = Transaction(then: [.put(key: "k", value: [1])])
            _ = try await client.transaction(put, timeout: .patient)
            for member in members[1...] { try member.signal(SIGSTOP) }
            let lost = await #expect(throws: EtcdError.self) {
                try await client.transaction(put, timeout: .milliseconds(1_500))
            }
            #expect(lost?.mayHaveHappened == true)
            #expect(client.endpoints[0] == members[0].endpoint)
            for member in members[1...] { try member.signal(SIGCONT) }
            try members[0].signal(SIGSTOP)
            await #expect(throws: EtcdError.self) { try await client.transaction(put, timeout: .milliseconds(1_500)) }
            try members[0].signal(SIGCONT)
            #expect(client.endpoints[0] == members[1].endpoint)
        }
    }

    @Test func strangersGetNothing() async throws {
        try await TestCluster.withCluster { cluster in
            let member = try await cluster.start(1)[0]
            let client = try cluster.client([member.endpoint], tls: try cluster.authority.trust.clientTLS())
            let error = await #expect(throws: EtcdError.self) {
                try await client.get("k", timeout: .seconds(2))
            }
            #expect(error?.refusal == nil)
            #expect("\(String(describing: error))".contains("CERTIFICATE"))
        }
    }

    @Test func cancellingEndsARequest() async throws {
        try await TestCluster.withCluster { cluster in
            let member = try await cluster.start(1)[0]
            let client = try cluster.client([member.endpoint])
            _ = try await client.get("k", timeout: .patient)
            try member.signal(SIGSTOP)
            let task = Task { try await client.get("k", timeout: .seconds(60)) }
            task.cancel()
            await #expect(throws: EtcdError.self) { try await task.value }
        }
    }
}
