import APIProtocol
import AlarmCore
import CaptureProtocol
import Primitives
import StreamProtocol

extension FakeControl {
    static let machineID = MachineID("00112233445566778899aabbccddeeff")!
    static let machineToken = MachineToken(
        machineBytes: (0...15).map { UInt8($0 * 0x11) }, secretBytes: [UInt8](repeating: 7, count: 16))
    static let point = MachinePoint(generation: 2, sequence: 9, at: stamp, kind: .bookmark, text: "one")
    static let enrolmentToken = EnrolmentToken(token: "ke1.x", expires: stamp, authorityFingerprint: "ab")

    static let machine = Machine(
        id: machineID, name: "web1", volumes: [MachineVolume(name: "root", sizeBytes: 1 << 30, blockSize: 512)],
        policy: ProtectRequest(name: "web1", volumes: []).policy, isEnrolled: true, protectedBy: "anna",
        protectedAt: stamp, receiver: node, second: other, level: .replicated, epoch: 3,
        stream: MachineStream(
            state: .streaming, node: node, lagSeconds: 0.2, bytesBehind: 4_096, newestPoint: stamp,
            journalBytes: 1 << 20),
        alarms: [.lagOverTarget])

    static let streamAssignment = StreamAssignment(
        machine: machineID, name: "web1", epoch: 3, receiver: .init(node: node, address: "10.77.0.11:7444"),
        second: nil, volumes: [], level: .durable)

    func machines() async throws -> [Machine] {
        try note("machines")
        return [Self.machine]
    }
    func machine(_ id: MachineID) async throws -> Machine {
        try note("machine \(id)")
        return Self.machine
    }
    func protect(_ request: ProtectRequest) async throws -> ProtectAnswer {
        try note("protect \(request.name) \(request.volumes.map { "\($0.name)=\($0.sizeBytes)" })")
        return ProtectAnswer(machine: Self.machine, enrolment: Self.enrolmentToken)
    }
    func changeMachine(_ id: MachineID, _ change: MachineChange) async throws -> Machine {
        try note("changeMachine \(id) \(change.lagTargetSeconds ?? 0) \(change.hold.map { "\($0)" } ?? "-")")
        return Self.machine
    }
    func setPaused(_ isPaused: Bool, machine id: MachineID) async throws { try note("setPaused \(id) \(isPaused)") }
    func points(of id: MachineID, before: Timestamp?, limit: Int) async throws -> [MachinePoint] {
        try note("points \(id) \(before.map { "\($0)" } ?? "-") \(limit)")
        return [Self.point]
    }
    func bookmark(_ id: MachineID, text: String) async throws { try note("bookmark \(id) \(text)") }
    func releaseBookmark(_ id: MachineID, _ request: ReleaseRequest) async throws {
        try note("releaseBookmark \(id) \(request.generation) \(request.sequence)")
    }
    static let export = MachineExport(
        name: "e1", node: node, socket: "/run/e1.sock", volumes: ["e1/0"], point: point, writable: false)

    func exports(of id: MachineID) async throws -> [MachineExport] {
        try note("exports \(id)")
        return [Self.export]
    }
    func export(_ id: MachineID, _ request: ExportRequest) async throws -> MachineExport {
        try note("export \(id) \(request.choice) \(request.writable ?? false)")
        return Self.export
    }
    func withdrawExport(_ name: String, of id: MachineID) async throws { try note("withdrawExport \(id) \(name)") }
    func verify(_ id: MachineID) async throws -> Job {
        try note("verify \(id)")
        return Self.job
    }
    func unprotect(_ id: MachineID, deleteData: Bool) async throws { try note("unprotect \(id) \(deleteData)") }
    func renewEnrolment(of id: MachineID) async throws -> EnrolmentToken {
        try note("renewEnrolment \(id)")
        return Self.enrolmentToken
    }
    func enrol(_ id: MachineID, _ request: EnrolmentRequest) async throws -> Enrolment {
        try note("enrol \(id)")
        return Enrolment(
            certificate: "", authority: "", machineToken: Self.machineToken.text, assignment: Self.streamAssignment)
    }
    func assignment(of id: MachineID) async throws -> StreamAssignment {
        try note("assignment \(id)")
        return Self.streamAssignment
    }
    func renewSourceCertificate(of id: MachineID, _ request: CertificateRequest) async throws -> CertificateAnswer {
        try note("renewSourceCertificate \(id)")
        return CertificateAnswer(certificate: "", authority: "")
    }
    func authenticate(_ token: MachineToken) async throws -> MachineID? {
        token == Self.machineToken ? Self.machineID : nil
    }
    func capture(_ request: CaptureRequest) async throws -> CaptureAnswer {
        try note("capture \(request)")
        return .done
    }
}
