import APIProtocol
import AlarmCore
import CaptureProtocol
import ConfigurationCore
import Identity
import JoinCore
import Linux
import MembershipCore
import NIOConcurrencyHelpers
import Primitives
import StreamProtocol
import Testing

@testable import ClusterService

/// Protected machines on real members over one store in memory.
@Suite(.serialized, .timeLimit(.minutes(2))) struct MachineTests {
    private static let request = ProtectRequest(
        name: "web1", volumes: [MachineVolume(name: "root", sizeBytes: 1 << 20)])

    private static func run(
        _ body: @escaping @Sendable (TestCluster, ScriptedCapture) async throws -> Void
    ) async throws {
        try await TestCluster.run { cluster in
            cluster.hear()
            try await ScriptedCapture.run(at: cluster.first.configuration.capturedSocket) { capture in
                try await body(cluster, capture)
            }
        }
    }

    private static func record(_ cluster: TestCluster, _ id: MachineID) async throws -> MachineRecord {
        try await cluster.first.store.machine(id).value
    }

    @Test func aMachineIsPlacedOnTwoNodesAndTheStoreHoldsNoSecret() async throws {
        try await Self.run { cluster, _ in
            let master = cluster.first
            let answer = try await master.protect(Self.request)
            let record = try await Self.record(cluster, answer.machine.id)
            #expect(Set(record.nodes) == [master.node, cluster.second.member.node])
            #expect(record.assignment.level == .replicated && record.assignment.epoch == 1 << 32)
            #expect(record.assignment.receiver.address.hasSuffix(":7444"))
            #expect(answer.machine.stream.state == .waiting && !answer.machine.isEnrolled)
            let secret = try #require(EnrolmentSecret(answer.enrolment.token)).secret
            #expect(!cluster.store.contents.values.contains { $0.contains(secret) })
            #expect(await refusal { _ = try await master.protect(Self.request) }?.code == .duplicateMachine)
            // The other node's name would do as well, but not on a node that is no master.
            let elsewhere = await refusal { _ = try await cluster.second.member.protect(Self.request) }?.code
            #expect(elsewhere == .notMaster || elsewhere == .noMaster)
        }
    }

    @Test func whereNobodyKeepsDataNothingIsProtected() async throws {
        try await TestCluster.run { cluster in
            let nodes = cluster.first.view.withLockedValue { $0.nodes.map(\.id) }
            let now = BootClock.now
            // Nobody has reported yet.
            cluster.first.book.withLockedValue { $0 = HeartbeatBook(openedAt: now) }
            #expect(nodes.count == 2)
            #expect(await refusal { _ = try await cluster.first.protect(Self.request) }?.code == .noPlaceForMachine)
        }
    }

    @Test func changesPauseAndUnprotect() async throws {
        try await Self.run { cluster, capture in
            let master = cluster.first
            let id = try await master.protect(Self.request).machine.id
            let before = try await Self.record(cluster, id).assignment.epoch
            let changed = try await master.changeMachine(id, MachineChange(lagTargetSeconds: 5, hold: true))
            #expect(changed.policy.hold && changed.policy.lagTargetSeconds == 5)
            let rules = [KeepRule(everySeconds: 3_600, forSeconds: 604_800)]
            #expect(try await master.changeMachine(id, MachineChange(keep: rules)).policy.keep == rules)
            #expect(
                try await Self.record(cluster, id).assignment.retention.keep == [.init(every: 3_600, age: 604_800)])
            #expect(try await master.changeMachine(id, MachineChange(keep: [])).policy.keep == [])
            try await master.setPaused(true, machine: id)
            #expect(try await master.machine(id).policy.paused)
            #expect(try await Self.record(cluster, id).assignment.epoch == before + 4)
            try await master.unprotect(id, deleteData: true)
            #expect(await refusal { _ = try await master.machine(id) }?.code == .unknownMachine)
            // The name is free again, and the data goes from the nodes that answer.
            _ = try await master.protect(Self.request)
            let epoch = try master.requireMastership()
            let duty = Task { await master.placeStreams(in: epoch) }
            let second = cluster.second.member.node.text
            try await TestCluster.eventually("the deletion here, and only here") {
                let left = cluster.store.contents["cluster/forgotten/\(id)"] ?? ""
                return capture.asked.contains(.forget(id)) && !left.contains(master.node.text) && left.contains(second)
            }
            duty.cancel()
            await duty.value
        }
    }

    @Test func theCaptureDaemonIsToldAtOnceAndAgain() async throws {
        try await Self.run { cluster, capture in
            let master = cluster.first
            let telling = Task { await master.followAssignments() }
            let id = try await master.protect(Self.request).machine.id
            try await TestCluster.eventually("the assignment") { capture.assignments.map(\.machine) == [id] }
            let start = BootClock.now
            try await master.setPaused(true, machine: id)
            try await TestCluster.eventually("the pause") { capture.assignments.first?.isPaused == true }
            #expect(BootClock.now - start < .milliseconds(1_900), "it was told by the watch, not by the clock")
            let count = capture.asked.count
            try await TestCluster.eventually("the same again") { capture.asked.count > count }
            cluster.store.refuses = true
            let without = capture.asked.count
            try await TestCluster.eventually("the same without a quorum") { capture.asked.count > without }
            cluster.store.refuses = false
            telling.cancel()
            await telling.value
        }
    }

    @Test func aLostReceiverIsReplacedAndToldAsAnEvent() async throws {
        try await Self.run { cluster, _ in
            let (master, other) = (cluster.first, cluster.second.member.node)
            let id = try await master.protect(Self.request).machine.id
            var stored = try await master.store.machine(id)
            let epoch = try master.requireMastership()
            if stored.value.assignment.receiver.node != other {
                (stored.value.assignment.receiver, stored.value.assignment.second) = (
                    try #require(stored.value.assignment.second), stored.value.assignment.receiver
                )
                try await master.store.change([.put(stored.value, at: stored.key)], by: epoch)
                try await master.refreshView()
            }
            cluster.hear(without: other)
            let duty = Task { await master.placeStreams(in: epoch) }
            try await TestCluster.eventually("the survivor") {
                try await Self.record(cluster, id).assignment.receiver.node == master.node
            }
            let record = try await Self.record(cluster, id)
            #expect(record.assignment.second == nil && record.assignment.level == .durable && !record.isLevel)
            #expect(record.wish == .replicated && record.assignment.epoch > stored.value.assignment.epoch)
            duty.cancel()
            await duty.value
        }
    }

    @Test func aSecondThatHoldsEverythingRaisesTheLevel() async throws {
        try await Self.run { cluster, _ in
            let master = cluster.first
            let id = try await master.protect(Self.request).machine.id
            let epoch = try master.requireMastership()
            var stored = try await master.store.machine(id)
            (stored.value.isLevel, stored.value.assignment.level) = (false, .durable)
            try await master.store.change([.put(stored.value, at: stored.key)], by: epoch)
            try await master.refreshView()
            var status = StreamStatus(
                machine: id, epoch: stored.value.assignment.epoch, role: .receiver, state: .streaming)
            status.isReplicated = true
            cluster.hear([stored.value.assignment.receiver.node: [status]])
            let duty = Task { await master.placeStreams(in: epoch) }
            try await TestCluster.eventually("the level") {
                try await Self.record(cluster, id).assignment.level == .replicated
            }
            duty.cancel()
            await duty.value
        }
    }

    @Test func alarmsAreRaisedKeptAndShown() async throws {
        try await Self.run { cluster, _ in
            let master = cluster.first
            let id = try await master.protect(Self.request).machine.id
            let receiver = try await Self.record(cluster, id).assignment.receiver.node
            let full = StreamStatus(machine: id, epoch: 1 << 32, role: .receiver, state: .full)
            cluster.hear([receiver: [full]])
            let epoch = try master.requireMastership()
            let duty = Task { await master.watchAlarms(in: epoch) }
            try await TestCluster.eventually("the alarm") { try await master.machine(id).alarms == [.journalFull] }
            #expect(cluster.store.contents[ClusterKeys.machineAlarms]?.contains("journalFull") == true)
            #expect(try await master.machine(id).stream.state == .full)
            duty.cancel()
            await duty.value
            // A master that has ceased to be one shows no alarms of its own.
            #expect(try await master.machine(id).alarms.isEmpty)
        }
    }
}
