import APIProtocol
import CaptureProtocol
import StreamProtocol

/// A node that belongs to no cluster protects nothing.
extension InstalledNode {
    func machines() async throws -> [Machine] { throw notSetUp }
    func machine(_ id: MachineID) async throws -> Machine { throw notSetUp }
    func protect(_ request: ProtectRequest) async throws -> ProtectAnswer { throw notSetUp }
    func changeMachine(_ id: MachineID, _ change: MachineChange) async throws -> Machine { throw notSetUp }
    func setPaused(_ isPaused: Bool, machine id: MachineID) async throws { throw notSetUp }
    func points(of id: MachineID, before: Timestamp?, limit: Int) async throws -> [MachinePoint] { throw notSetUp }
    func bookmark(_ id: MachineID, text: String) async throws { throw notSetUp }
    func releaseBookmark(_ id: MachineID, _ request: ReleaseRequest) async throws { throw notSetUp }
    func exports(of id: MachineID) async throws -> [MachineExport] { throw notSetUp }
    func export(_ id: MachineID, _ request: ExportRequest) async throws -> MachineExport { throw notSetUp }
    func withdrawExport(_ name: String, of id: MachineID) async throws { throw notSetUp }
    func verify(_ id: MachineID) async throws -> Job { throw notSetUp }
    func unprotect(_ id: MachineID, deleteData: Bool) async throws { throw notSetUp }
    func renewEnrolment(of id: MachineID) async throws -> EnrolmentToken { throw notSetUp }
    func enrol(_ id: MachineID, _ request: EnrolmentRequest) async throws -> Enrolment { throw notSetUp }
    func assignment(of id: MachineID) async throws -> StreamAssignment { throw notSetUp }
    func renewSourceCertificate(of id: MachineID, _ request: CertificateRequest) async throws -> CertificateAnswer {
        throw notSetUp
    }
    func authenticate(_ token: MachineToken) async throws -> MachineID? { nil }
    func capture(_ request: CaptureRequest) async throws -> CaptureAnswer { throw notSetUp }
}
