import APIProtocol
import AccessCore
import Foundation
import NIOConcurrencyHelpers
import Primitives
import Testing

@testable import ClusterService

@Suite("Audit trail in a cluster", .serialized)
struct AuditTrailTests {
    private static func note(_ id: String, who: String = "anna", action: Endpoint = .switchMaster) -> AuditNote {
        AuditNote(
            id: id, at: .now, who: who, role: .administrator, client: nil, action: action.action, target: "",
            outcome: AuditNote.done, parameters: ["to": "n\(id)"])
    }

    @Test("Notes are chained in order, also many at once from several nodes, each once, and a failover goes on with it")
    func chain() async throws {
        try await TestCluster.run { cluster in
            let master = cluster.first
            let other = cluster.second.member.node
            for number in 0..<5 { await master.record(Self.note("a\(number)")) }
            await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<10 {
                    group.addTask { try await master.append(Self.note("b\(number)"), from: other) }
                }
            }
            try await master.append(Self.note("last"), from: other)
            try await master.append(Self.note("last"), from: other)
            try await TestCluster.eventually("sixteen entries") {
                try await master.audit(after: nil, limit: 100).count == 16
            }
            let entries = try await master.audit(after: nil, limit: 100)
            #expect(entries.map(\.number) == Array(1...16))
            let own = entries.compactMap { $0.parameters["to"] }.filter { $0.hasPrefix("na") }
            #expect(own == (0..<5).map { "na\($0)" })
            #expect(try await master.audit(after: 14, limit: 1).map(\.number) == [15])
            #expect(try await master.audit(after: 16, limit: 5).isEmpty)
            #expect(try await master.audit(after: nil, limit: 2).map(\.number) == [15, 16])
            // A note that is made while there is no master waits on the node's disk.
            let task = try await cluster.failOver()
            await cluster.second.member.record(Self.note("after"))
            try await TestCluster.eventually("the note after the failover") {
                try await cluster.second.member.audit(after: 16, limit: 5).count == 1
            }
            #expect(try await cluster.second.member.verifyAudit() == AuditReport(entries: 17, intact: true))
            task.cancel()
            await task.value
        }
    }

    @Test("A line that is changed or removed in the store is found")
    func tampering() async throws {
        try await TestCluster.run { cluster in
            let master = cluster.first
            for number in 0..<9 { try await master.append(Self.note("\(number)"), from: master.node) }
            #expect(try await master.verifyAudit().intact)
            cluster.store.tamper(ClusterKeys.audit(4)) { $0.replacing("anna", with: "bert") }
            #expect(
                try await master.verifyAudit()
                    == AuditReport(entries: 9, intact: false, firstBroken: 4, reason: .changed))
            cluster.store.tamper(ClusterKeys.audit(3)) { _ in nil }
            #expect(
                try await master.verifyAudit()
                    == AuditReport(entries: 8, intact: false, firstBroken: 3, reason: .missing))
        }
    }

    @Test("A login is noted with the user's own name; a name that nobody has may be a password and is not")
    func logins() async throws {
        try await TestCluster.run { cluster in
            let master = cluster.first
            _ = try await master.createUser(NewUser(name: "Anna", role: .operator, password: "a long enough phrase"))
            await master.record(Self.note("1", who: "anna", action: .createSession))
            await master.record(Self.note("2", who: "PLANTEDSECRET", action: .createSession))
            try await TestCluster.eventually("both") { try await master.audit(after: nil, limit: 9).count == 2 }
            let entries = try await master.audit(after: nil, limit: 9)
            #expect(entries.map(\.who) == ["Anna", "unknown user"])
            #expect(entries.map(\.role) == [.operator, nil])
            #expect(!cluster.store.contents.values.joined().contains("PLANTEDSECRET"))
        }
    }
}
