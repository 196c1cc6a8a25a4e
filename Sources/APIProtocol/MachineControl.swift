import CaptureProtocol
import Primitives
import StreamProtocol

/// What the API asks about protected machines. The master decides and hears how the streams are.
public protocol MachineControl: Sendable {
    /// Sorted by name.
    func machines() async throws -> [Machine]
    /// - Throws: `unknownMachine`, as all below.
    func machine(_ id: MachineID) async throws -> Machine
    /// - Parameter request: already validated, as all below.
    /// - Throws: `duplicateMachine`, `tooManyMachines`, `noPlaceForMachine`.
    func protect(_ request: ProtectRequest) async throws -> ProtectAnswer
    /// - Throws: `volumeShrinks`.
    func changeMachine(_ id: MachineID, _ change: MachineChange) async throws -> Machine
    func setPaused(_ isPaused: Bool, machine id: MachineID) async throws
    /// Newest first.
    /// - Parameter before: the newest at or before; nil: the newest of all.
    func points(of id: MachineID, before: Timestamp?, limit: Int) async throws -> [MachinePoint]
    /// Returns when it is durable.
    /// - Throws: `sourceAway`.
    func bookmark(_ id: MachineID, text: String) async throws
    /// Its point, and the journal behind it, need not be kept any more.
    /// - Throws: `unknownPoint`.
    func releaseBookmark(_ id: MachineID, _ request: ReleaseRequest) async throws
    func exports(of id: MachineID) async throws -> [MachineExport]
    /// - Throws: `unknownPoint`.
    func export(_ id: MachineID, _ request: ExportRequest) async throws -> MachineExport
    /// - Throws: `unknownExport`.
    func withdrawExport(_ name: String, of id: MachineID) async throws
    /// Reads and checks everything on all nodes that keep it; the job tells how far it is.
    func verify(_ id: MachineID) async throws -> Job
    func unprotect(_ id: MachineID, deleteData: Bool) async throws
    /// A new token for a source that has lost its own; the one before is of no use any more.
    func renewEnrolment(of id: MachineID) async throws -> EnrolmentToken
    /// - Throws: `enrolmentRefused`, whatever is wrong.
    func enrol(_ id: MachineID, _ request: EnrolmentRequest) async throws -> Enrolment
    /// On every node.
    func assignment(of id: MachineID) async throws -> StreamAssignment
    /// On every node.
    func renewSourceCertificate(of id: MachineID, _ request: CertificateRequest) async throws -> CertificateAnswer
    /// On every node, from memory where possible.
    /// - Returns: nil when the token is not that of a machine.
    func authenticate(_ token: MachineToken) async throws -> MachineID?
    /// A member's question to this node's capture daemon.
    /// - Throws: `captureSilent`.
    func capture(_ request: CaptureRequest) async throws -> CaptureAnswer
}

extension Endpoint {
    public static let machines = Endpoint(.get, "/v1/machines", .user(.viewer))
    public static let protect = Endpoint(.post, "/v1/machines", .user(.administrator))
    public static let machine = Endpoint(.get, "/v1/machines/{id}", .user(.viewer))
    public static let changeMachine = Endpoint(.put, "/v1/machines/{id}", .user(.administrator))
    public static let unprotect = Endpoint(.delete, "/v1/machines/{id}", .user(.administrator))
    public static let pauseMachine = Endpoint(.post, "/v1/machines/{id}/pause", .user(.operator))
    public static let resumeMachine = Endpoint(.post, "/v1/machines/{id}/resume", .user(.operator))
    public static let points = Endpoint(.get, "/v1/machines/{id}/points", .user(.viewer))
    public static let bookmark = Endpoint(.post, "/v1/machines/{id}/bookmarks", .user(.operator))
    public static let releaseBookmark = Endpoint(.delete, "/v1/machines/{id}/bookmarks", .user(.operator))
    public static let exports = Endpoint(.get, "/v1/machines/{id}/exports", .user(.viewer))
    public static let export = Endpoint(.post, "/v1/machines/{id}/exports", .user(.operator))
    public static let withdrawExport = Endpoint(.delete, "/v1/machines/{id}/exports/{name}", .user(.operator))
    public static let verifyMachine = Endpoint(.post, "/v1/machines/{id}/verifications", .user(.operator))
    public static let renewEnrolment = Endpoint(.post, "/v1/machines/{id}/enrolment-token", .user(.administrator))
    /// The token in the body is what lets the source in.
    public static let enrol = Endpoint(.post, "/v1/machines/{id}/enrolment", .open)
    public static let assignment = Endpoint(.get, "/v1/machines/{id}/assignment", .machine)
    public static let renewSource = Endpoint(.post, "/v1/machines/{id}/certificate", .machine)
    public static let nodeCapture = Endpoint(.post, "/v1/node/capture", .node)

    static let ofMachines = [
        machines, protect, machine, changeMachine, unprotect, pauseMachine, resumeMachine, points, bookmark,
        releaseBookmark, exports, export, withdrawExport, verifyMachine, renewEnrolment, enrol, assignment, renewSource,
        nodeCapture,
    ]
}
