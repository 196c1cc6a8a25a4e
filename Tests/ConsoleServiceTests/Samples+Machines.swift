import APIProtocol
import AlarmCore
import CaptureProtocol
import Primitives
import StreamProtocol

extension Samples {
    static let machine = Machine(
        id: MachineID("00112233445566778899aabbccddeeff")!, name: "web<1>",
        volumes: [MachineVolume(name: "root", sizeBytes: 20 << 30, blockSize: 512)],
        policy: ProtectRequest(name: "web", volumes: []).policy, isEnrolled: true, protectedBy: "ada",
        protectedAt: stamp, receiver: n1, second: n2, level: .replicated, epoch: 3,
        stream: MachineStream(
            state: .resyncing, node: n1, lagSeconds: 12.25, bytesBehind: 3 << 20, oldestUnsafe: stamp,
            oldestPoint: stamp, newestPoint: stamp,
            copy: CopyProgress(doneBytes: 1 << 30, totalBytes: 4 << 30, secondsLeft: 3_723)),
        alarms: [.lagOverTarget])

    static let points: [MachinePoint] = (0..<100).map { point(Int64($0)) }

    private static func point(_ index: Int64) -> MachinePoint {
        let kind: JournalPoint.Kind = index == 90 ? .bookmark : index.isMultiple(of: 10) ? .cut : .barrier
        return MachinePoint(
            generation: 2, sequence: UInt64(1_000 - index),
            at: Timestamp(milliseconds: stamp.milliseconds - index * 1_000),
            kind: kind, text: kind == .bookmark ? "before <b>it</b>" : nil)
    }

    static let export = MachineExport(
        name: "e1", node: n2, socket: "/run/keelson/exports/e1.sock", volumes: ["e1/0"],
        point: MachinePoint(
            generation: 2, sequence: 9, at: stamp, kind: .barrier), writable: true)

    static let verification = Job(
        id: "0a", kind: .verify, state: .done, progress: 1, startedAt: stamp, steps: [], who: "ada",
        machine: machine.id, findings: ["segment 3: repaired from the second node"])

    static func fillMachines(_ daemon: FakeClusterDaemon) throws {
        let path = "/v1/machines/\(machine.id)"
        try daemon.answer("GET /v1/machines", ItemList([machine]))
        try daemon.answer("GET \(path)/points", ItemList(points))
        try daemon.answer("GET \(path)/exports", ItemList([export]))
    }
}
