import Etcd
import Foundation
import Primitives
import Testing

@Suite(.serialized) struct MaintenanceTests {
    @Test func growsFromOneToThree() async throws {
        try await TestCluster.withCluster { cluster in
            var members = try await cluster.start(1)
            let client = try cluster.client([members[0].endpoint])
            for _ in 0..<2 {
                let member = try cluster.addMember()
                let added = try await Self.addLearner(member, client)
                #expect(added.isLearner && added.name.isEmpty && added.peerURLs == [member.peerURL])
                members.append(member)
                try member.start(initialCluster: members, isNew: false)
                // One learner at a time: the next is refused until this one is a voter.
                let second = await #expect(throws: EtcdError.self) {
                    try await client.addLearner(peerURLs: ["https://127.0.0.1:9"], timeout: .patient)
                }
                #expect(second?.refusal == .tooManyLearners || second?.refusal == .unhealthyCluster)
                try await eventually("\(member.name) is promoted") {
                    do throws(EtcdError) { return try await client.promote(added.id, timeout: .patient) } catch {
                        let isPassing = error.refusal == .learnerNotReady || error.refusal == .unhealthyCluster
                        if isPassing || error.mayHaveHappened { return nil }
                        throw error
                    }
                }
            }
            let list = try await client.members(timeout: .patient)
            #expect(list.count == 3 && list.allSatisfy { !$0.isLearner && !$0.name.isEmpty })
            let again = await #expect(throws: EtcdError.self) {
                try await client.promote(list[0].id, timeout: .patient)
            }
            #expect(again?.refusal == .notLearner)
        }
    }

    private static func addLearner(_ member: TestMember, _ client: EtcdClient) async throws -> EtcdMember {
        try await eventually("\(member.name) is a learner") {
            do throws(EtcdError) {
                return try await client.addLearner(peerURLs: [member.peerURL], timeout: .patient)
            } catch {
                // Peers must have been connected for five seconds.
                guard error.refusal == .unhealthyCluster else { throw error }
                return nil
            }
        }
    }

    @Test func leaderMovesAndMembersGo() async throws {
        try await TestCluster.withCluster { cluster in
            let members = try await cluster.start(3)
            let client = try cluster.client(members.map(\.endpoint))
            let list = try await client.members(timeout: .patient)
            for target in list {
                try await client.moveLeader(to: target.id, timeout: .patient)
                try await eventually("\(target.name) leads") {
                    let endpoint = try #require(EtcdEndpoint(url: target.clientURLs[0]))
                    return try await client.status(of: endpoint, timeout: .patient).isLeader ? () : nil
                }
            }
            let leaver = try #require(list.first { $0.name == members[0].name })
            try await eventually("the member is removed") {
                do throws(EtcdError) { return try await client.remove(leaver.id, timeout: .patient) } catch {
                    guard error.refusal == .unhealthyCluster else { throw error }
                    return nil
                }
            }
            client.replaceEndpoints(members[1...].map(\.endpoint))
            #expect(try await client.members(timeout: .patient).count == 2)
            let error = await #expect(throws: EtcdError.self) {
                try await client.remove(leaver.id, timeout: .patient)
            }
            #expect(error?.refusal == .memberNotFound)
        }
    }

    @Test func aMinorityAnswersInTime() async throws {
        try await TestCluster.withCluster { cluster in
            let members = try await cluster.start(3)
            let client = try cluster.client([members[0].endpoint])
            try members[1].cut()
            try members[2].cut()
            let put = Transaction(then: [.put(key: "k", value: [1])])
            let error = await #expect(throws: EtcdError.self) {
                try await client.transaction(put, timeout: .milliseconds(300))
            }
            #expect(error?.mayHaveHappened == true)
            try await eventually("the member sees that there is no leader") {
                try await client.status(of: members[0].endpoint, timeout: .patient).leader == nil ? () : nil
            }
            #expect(try await client.isHealthy(members[0].endpoint, timeout: .patient) == false)
        }
    }

    @Test func noSpaceIsHealed() async throws {
        try await TestCluster.withCluster(quota: 4 << 20) { cluster in
            let member = try await cluster.start(1)[0]
            let client = try cluster.client([member.endpoint])
            let big = Transaction(then: [.put(key: "big", value: [UInt8](repeating: 1, count: 500_000))])
            var error: EtcdError?
            while error == nil {
                do throws(EtcdError) { _ = try await client.transaction(big, timeout: .patient) } catch let caught {
                    error = caught
                }
            }
            #expect(error?.refusal == .noSpace && error?.mayHaveHappened == true)
            let alarms = try await client.alarms(timeout: .patient)
            #expect(alarms.map(\.kind) == [.noSpace])
            // A master stays on through reads.
            let read = Transaction(then: [.get(.key("big"))])
            #expect(try await client.transaction(read, timeout: .patient).results[0].keys.count == 1)
            let before = try await client.status(of: member.endpoint, timeout: .patient)
            #expect(before.errors.contains { $0.contains("NOSPACE") } && before.databaseSize > 3 << 20)
            try await client.compact(to: before.revision, timeout: .patient)
            try await client.defragment(member.endpoint, timeout: .patient)
            for alarm in alarms { try await client.disarm(alarm, timeout: .patient) }
            let after = try await client.status(of: member.endpoint, timeout: .patient)
            #expect(after.databaseSize < before.databaseSize && after.errors.isEmpty)
            #expect(try await client.transaction(big, timeout: .patient).succeeded)
            #expect(try await client.isHealthy(member.endpoint, timeout: .patient))
        }
    }

    @Test func snapshotIsWholeAndChecked() async throws {
        try await TestCluster.withCluster { cluster in
            let member = try await cluster.start(1)[0]
            let client = try cluster.client([member.endpoint])
            for index in 0..<20 {
                let value = [UInt8](repeating: UInt8(index), count: 20_000)
                _ = try await client.transaction(
                    Transaction(then: [.put(key: "k/\(index)", value: value)]), timeout: .patient)
            }
            let path = "\(cluster.folder)/snapshot"
            let snapshot = try await client.snapshot(from: member.endpoint, to: path)
            #expect(snapshot.size > 400_000 && snapshot.checksum.utf8.count == 64)
            let process = Process()
            process.executableURL = URL(fileURLWithPath: "/usr/bin/etcdutl")
            process.arguments = ["snapshot", "restore", path, "--data-dir", "\(cluster.folder)/restored"]
            process.standardError = FileHandle.nullDevice
            try process.run()
            process.waitUntilExit()
            #expect(process.terminationStatus == 0)
            try member.cut()
            await #expect(throws: EtcdError.self) {
                try await client.snapshot(from: member.endpoint, to: "\(cluster.folder)/none")
            }
            let names = try FileManager.default.contentsOfDirectory(atPath: cluster.folder)
            #expect(!names.contains { $0.hasPrefix("none") || $0.hasSuffix(".new") })
        }
    }
}
