import APIProtocol
import AlarmCore
import CaptureProtocol
import Primitives
import StreamProtocol
import Testing

@testable import ClusterService

/// Records and words of nodes for tests.
enum Streams {
    static let nodes = ["aaaaaaaaaaaaaaaa", "bbbbbbbbbbbbbbbb", "cccccccccccccccc"].map { NodeID($0)! }
    static let id = MachineID(high: 1, low: 2)

    static func record(second: NodeID? = nodes[1]) -> MachineRecord {
        MachineRecord(
            assignment: StreamAssignment(
                machine: id, name: "web1", epoch: 7, receiver: .init(node: nodes[0], address: "10.0.0.1:7444"),
                second: second.map { .init(node: $0, address: "10.0.0.2:7444") },
                volumes: [.init(number: VolumeNumber(0), name: "root", size: 1 << 20, blockSize: 512)],
                level: .replicated), wish: .replicated, isLevel: true, lagTarget: 60, protectedBy: "anna",
            protectedAt: Timestamp(milliseconds: 0))
    }

    static func status(
        _ role: StreamStatus.Role, _ state: StreamStatus.State = .streaming, machine: MachineID = id,
        _ edit: (inout StreamStatus) -> Void = { _ in }
    ) -> StreamStatus {
        var status = StreamStatus(machine: machine, epoch: 7, role: role, state: state)
        edit(&status)
        return status
    }
}

@Suite("What the nodes say, put together") struct StreamBoardTests {
    private let a = Streams.nodes[0]
    private let b = Streams.nodes[1]
    private let c = Streams.nodes[2]
    private let now: UInt64 = 1_000_000_000_000

    @Test func theNodeToWhichTheSourceSpeaksCounts() {
        let record = Streams.record()
        let idle = StreamBoard([(a, [Streams.status(.idle)]), (b, [Streams.status(.receiver)])])
        #expect(idle.word(on: record)?.node == b)
        let nobody = StreamBoard([(b, [Streams.status(.idle)]), (a, [Streams.status(.idle)])])
        #expect(nobody.word(on: record)?.node == a)
        let second = StreamBoard([(b, [Streams.status(.second)])])
        #expect(second.word(on: record)?.node == b)
        let stranger = StreamBoard([(c, [Streams.status(.receiver)])])
        #expect(stranger.word(on: record) == nil)
        #expect(stranger.stream(of: record, at: now).state == .waiting)
        var enrolled = record
        enrolled.sourceKey = c
        #expect(stranger.stream(of: enrolled, at: now).state == .unknown)
    }

    @Test func theSourceStreamsToWhoeverIsCurrent() {
        let record = Streams.record()
        func current(_ state: StreamStatus.State, _ isCurrent: Bool) -> NodeID? {
            StreamBoard([(b, [Streams.status(.receiver, state) { $0.isCurrent = isCurrent }])]).current(of: record)
        }
        #expect(current(.streaming, true) == b)
        #expect(current(.streaming, false) == nil)
        #expect(current(.resyncing, true) == nil)
    }

    @Test func lagIsTheAgeOfWhatIsNotSafe() {
        func lag(_ state: StreamStatus.State, _ edit: @escaping (inout StreamStatus) -> Void) -> Double? {
            StreamBoard([(a, [Streams.status(.receiver, state, edit)])]).stream(of: Streams.record(), at: now)
                .lagSeconds
        }
        #expect(lag(.streaming) { $0.lag = 5_000_000 } == nil, "there is no point yet")
        #expect(lag(.streaming) { ($0.newestPoint, $0.lag) = (1, 5_000_000) } == 0.005)
        #expect(lag(.streaming) { ($0.newestPoint, $0.oldestUnsafe) = (1, 990_000_000_000) } == 10)
        #expect(lag(.streaming) { ($0.newestPoint, $0.oldestUnsafe) = (1, 2_000_000_000_000) } == 0)
        #expect(lag(.disconnected) { $0.newestPoint = 940_000_000_000 } == 60)
    }

    @Test func progressHasAnEnd() throws {
        let board = StreamBoard([
            (
                a,
                [
                    Streams.status(.receiver, .copying) {
                        ($0.copiedBytes, $0.bytesToCopy, $0.rate) = (100, 400, 100)
                    }
                ]
            )
        ])
        let copy = try #require(board.stream(of: Streams.record(), at: now).copy)
        #expect(copy == CopyProgress(doneBytes: 100, totalBytes: 400, secondsLeft: 3))
    }

    @Test func onlyThisVeryPairIsReplicated() {
        let record = Streams.record()
        func isReplicated(_ role: StreamStatus.Role, epoch: UInt64, _ said: Bool) -> Bool {
            StreamBoard([
                (
                    a,
                    [
                        Streams.status(role) {
                            $0.epoch = epoch
                            $0.isReplicated = said
                        }
                    ]
                )
            ]).isReplicated(record)
        }
        #expect(isReplicated(.receiver, epoch: 7, true))
        #expect(!isReplicated(.receiver, epoch: 6, true))
        #expect(!isReplicated(.idle, epoch: 7, true))
        #expect(!isReplicated(.receiver, epoch: 7, false))
    }

    @Test func whoHoldsBytesHoldsACopy() {
        let board = StreamBoard([
            (a, [Streams.status(.receiver) { $0.journalBytes = 1 }]), (b, [Streams.status(.second)]),
            (c, [Streams.status(.idle) { $0.baseBytes = 1 }]),
        ])
        #expect(board.copies(of: Streams.id) == [a, c])
    }

    @Test func aPauseIsShownAtOnce() {
        var record = Streams.record()
        record.assignment.isPaused = true
        let board = StreamBoard([(a, [Streams.status(.receiver)])])
        #expect(board.stream(of: record, at: now).state == .paused)
    }
}

@Suite("Records of protected machines") struct MachineRecordTests {
    @Test func volumesGrowAndAreAdded() throws {
        var record = Streams.record()
        try record.apply(
            MachineChange(
                level: .durable, lagTargetSeconds: 5, retentionSeconds: 3_600, hold: true,
                volumes: [
                    MachineVolume(name: "root", sizeBytes: 2 << 20),
                    MachineVolume(name: "data", sizeBytes: 4_096, blockSize: 4_096),
                ]))
        #expect(record.assignment.volumes.map(\.size) == [2 << 20, 4_096])
        #expect(record.assignment.volumes.map(\.number.number) == [0, 1])
        #expect(record.policy.hold && record.policy.lagTargetSeconds == 5 && record.policy.retentionSeconds == 3_600)
        #expect(record.wish == .durable)
    }

    @Test(arguments: [
        (MachineVolume(name: "root", sizeBytes: 512), APIErrorCode.volumeShrinks),
        (MachineVolume(name: "root", sizeBytes: 1 << 20, blockSize: 4_096), .invalidValue),
    ])
    func whatCannotBeIsRefusedWhole(volume: MachineVolume, code: APIErrorCode) {
        var record = Streams.record()
        let before = record
        let change = MachineChange(hold: true, volumes: [MachineVolume(name: "new", sizeBytes: 512), volume])
        do {
            try record.apply(change)
            Issue.record("it was taken")
        } catch {
            #expect(error.code == code)
        }
        #expect(record == before)
    }

    @Test func epochsGrowAlsoAfterARestore() {
        var record = Streams.record()
        record.renumber(in: Epoch(generation: 0, revision: 9))
        #expect(record.assignment.epoch == 8)
        record.renumber(in: Epoch(generation: 2, revision: 1))
        #expect(record.assignment.epoch == 2 << 32)
        record.renumber(in: Epoch(generation: 2, revision: 2))
        #expect(record.assignment.epoch == 2 << 32 + 1)
    }

    @Test func keptAlarmsComeBack() {
        let raised = [Streams.id: [Alarm.faulted, .stalled]]
        #expect(KeptAlarms(raised).raised == raised)
    }
}

@Suite("Verification as a job") struct VerificationJobTests {
    private static let a = Streams.nodes[0]
    private static let b = Streams.nodes[1]
    private static let start = Timestamp(milliseconds: 1_000)

    private static func job() -> StoredJob {
        var job = StoredJob(.verify, id: "a", node: nil, who: "w", at: start)
        job.verifying = [a, b]
        return job
    }

    private static func progress(_ checked: UInt64, running: Bool, _ findings: [String] = []) -> VerificationProgress {
        VerificationProgress(checkedBytes: checked, totalBytes: 1_000, isRunning: running, findings: findings)
    }

    @Test func itEndsWhenEveryNodeHasReadEverything() {
        var job = Self.job()
        job.advance(nil, at: Self.start)
        #expect(job == Self.job(), "a node that does not answer changes nothing")
        job.advance(
            [Self.a: Self.progress(1_000, running: false), Self.b: Self.progress(5, running: true)], at: Self.start)
        #expect(job.job.state == .running && job.job.progress == 0.5)
        job.advance(
            [
                Self.a: Self.progress(1_000, running: false),
                Self.b: Self.progress(1_000, running: false, ["segment 1: repaired"]),
            ], at: Timestamp(milliseconds: 3_000))
        #expect(job.job.state == .done && job.job.findings == ["node \(Self.b): segment 1: repaired"])
        #expect(job.job.steps.map(\.state) == [.done, .done] && job.job.steps[1].milliseconds == 2_000)
    }

    @Test func aDaemonThatWasStartedAnewFailsIt() {
        var job = Self.job()
        let nothing = VerificationProgress(checkedBytes: 0, totalBytes: 0, isRunning: false, findings: [])
        job.advance([Self.a: Self.progress(1_000, running: false), Self.b: nothing], at: Self.start)
        #expect(job.job.state == .failed)
    }

    @Test func aNodeThatStopsInTheMiddleFailsIt() {
        var job = Self.job()
        job.advance(
            [Self.a: Self.progress(1_000, running: false), Self.b: Self.progress(5, running: false)], at: Self.start)
        #expect(job.job.state == .failed && job.job.error?.code == .internalError)
    }
}
