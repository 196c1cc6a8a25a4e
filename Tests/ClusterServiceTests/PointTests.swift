import APIProtocol
import CaptureProtocol
import ConfigurationCore
import Linux
import NIOConcurrencyHelpers
import Primitives
import StreamProtocol
import Testing

@testable import ClusterService

/// What the master asks of the node that keeps a machine.
@Suite(.serialized, .timeLimit(.minutes(2))) struct PointTests {
    private static let point = JournalPoint(
        generation: Generation(2), sequence: 9, time: 5_000_000, kind: .bookmark, text: "a")

    private static func place(_ machine: MachineID) -> ExportPlace {
        ExportPlace(
            name: "e1", machine: machine, point: point, isWritable: false, socket: "/run/e1.sock",
            volumes: [VolumeNumber(0)])
    }

    /// A machine that only the master's node keeps.
    private static func run(
        _ body: @escaping @Sendable (ClusterMember, MachineID, ScriptedCapture) async throws -> Void
    ) async throws {
        try await TestCluster.run { cluster in
            let master = cluster.first
            let record = MachineRecord(
                assignment: StreamAssignment(
                    machine: Streams.id, name: "web1", epoch: 1, receiver: .init(node: master.node, address: "x"),
                    second: nil, volumes: [], level: .durable), wish: .durable, isLevel: false, lagTarget: 60,
                protectedBy: "w", protectedAt: .now)
            let epoch = try master.requireMastership()
            try await master.store.change([.put(record, at: ClusterKeys.machine(record.id))], by: epoch)
            try await ScriptedCapture.run(at: master.configuration.capturedSocket) {
                try await body(master, record.id, $0)
            }
        }
    }

    @Test func pointsBookmarksAndExportsAreAskedOfTheNodeThatHasThem() async throws {
        try await Self.run { master, id, capture in
            capture.script { request in
                switch request {
                case .points: .points([Self.point, Self.point, Self.point])
                case .export(let machine, _, _): .exports([Self.place(machine)])
                case .exports: .exports([Self.place(id), Self.place(MachineID(high: 9, low: 9))])
                default: .done
                }
            }
            let points = try await master.points(of: id, before: Timestamp(milliseconds: 5), limit: 2)
            #expect(points == Array(repeating: MachinePoint(Self.point), count: 2))
            #expect(capture.asked.last == .points(id, before: 5_999_999, limit: 2))
            try await master.bookmark(id, text: "before")
            #expect(capture.asked.last == .bookmark(id, text: "before"))
            capture.script { request in
                switch request {
                case .release: .points([Self.point])
                case .export(let machine, _, _): .exports([Self.place(machine)])
                case .exports: .exports([Self.place(id), Self.place(MachineID(high: 9, low: 9))])
                default: .done
                }
            }
            try await master.releaseBookmark(id, ReleaseRequest(generation: 2, sequence: 9))
            #expect(capture.asked.contains(.release(id, Generation(2), sequence: 9)))
            let released = try await master.store.machine(id).value.assignment.released
            #expect(released?.map(\.sequence) == [Self.point.sequence])
            let export = try await master.export(id, ExportRequest(bookmark: "a", writable: true))
            #expect(capture.asked.last == .export(id, .bookmark("a"), isWritable: true))
            #expect(export.volumes == ["e1/0"] && export.node == master.node)
            #expect(try await master.exports(of: id).map(\.name) == ["e1"], "another machine's is not shown")
            try await master.withdrawExport("e1", of: id)
            #expect(capture.asked.last == .withdraw(export: "e1"))
            #expect(await refusal { try await master.withdrawExport("e2", of: id) }?.code == .unknownExport)
            let elsewhere = ExportRequest(node: NodeID("ffffffffffffffff")!)
            #expect(await refusal { _ = try await master.export(id, elsewhere) }?.code == .invalidValue)
        }
    }

    @Test(arguments: [
        (CaptureRefusal.Code.noSuchPoint, APIErrorCode.unknownPoint), (.sourceAway, .sourceAway),
        (.busy, .captureRefused), (.full, .captureRefused),
    ])
    func whatTheDaemonRefusesIsSaidInWords(code: CaptureRefusal.Code, expected: APIErrorCode) async throws {
        try await Self.run { master, id, capture in
            capture.script { _ in .refused(CaptureRefusal(code, "told so")) }
            #expect(await refusal { try await master.bookmark(id, text: "a") }?.code == expected)
            #expect(await refusal { _ = try await master.export(id, ExportRequest()) }?.code == expected)
        }
    }

    @Test func anAnswerToSomethingElseIsNone() async throws {
        try await Self.run { master, id, capture in
            capture.script { _ in .status([]) }
            #expect(await refusal { try await master.bookmark(id, text: "a") }?.code == .captureSilent)
            #expect(await refusal { _ = try await master.verify(id) }?.code == .captureSilent)
        }
    }

    @Test func aDaemonThatIsNotThereIsSilent() async throws {
        try await Self.run { master, id, _ in
            let other = CaptureLink(path: master.configuration.run + "/nobody", node: "n9")
            #expect(await refusal { _ = try await other.ask(.status) }?.code == .captureSilent)
        }
    }

    @Test func aVerificationIsAJobThatEnds() async throws {
        try await Self.run { master, id, capture in
            let checked = NIOLockedValueBox(UInt64(0))
            capture.script { request in
                guard case .verification = request else { return .done }
                let bytes = checked.withLockedValue { $0 }
                return .verification(
                    VerificationProgress(
                        checkedBytes: bytes, totalBytes: 100, isRunning: bytes < 100, findings: bytes < 100 ? [] : ["x"]
                    ))
            }
            let job = try await master.verify(id)
            #expect(job.kind == .verify && job.machine == id && job.state == .running)
            let epoch = try master.requireMastership()
            let duty = Task { await master.followJobs(in: epoch) }
            checked.withLockedValue { $0 = 42 }
            try await TestCluster.eventually("the progress") { try await master.job(job.id).progress == 0.42 }
            checked.withLockedValue { $0 = 100 }
            try await TestCluster.eventually("the end") { try await master.job(job.id).state == .done }
            #expect(try await master.job(job.id).findings == ["node \(master.node): x"])
            duty.cancel()
            await duty.value
        }
    }

    @Test func theReportHoldsWhatTheDaemonSaysAndNothingOld() async throws {
        try await Self.run { master, id, capture in
            capture.script { _ in .status([Streams.status(.receiver)]) }
            let watching = Task { await master.watchStreams() }
            try await TestCluster.eventually("the status") {
                master.streams.withLockedValue { $0.statuses(at: BootClock.now)?.count == 1 }
            }
            watching.cancel()
            await watching.value
            let late = BootClock.now + .seconds(6)
            #expect(master.streams.withLockedValue { $0.statuses(at: late) } == nil)
        }
    }
}
