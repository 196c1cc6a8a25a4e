import APIProtocol
import CaptureProtocol

extension OpenAPITests {
    var machineChecks: [String: ([UInt8]) throws -> Bool] {
        [
            "Machine": same(Machine.self), "MachineList": same(ItemList<Machine>.self),
            "ProtectRequest": same(ProtectRequest.self), "ProtectAnswer": same(ProtectAnswer.self),
            "MachineChange": same(MachineChange.self), "UnprotectRequest": same(UnprotectRequest.self),
            "MachinePointList": same(ItemList<MachinePoint>.self), "BookmarkRequest": same(BookmarkRequest.self),
            "ReleaseRequest": same(ReleaseRequest.self),
            "MachineExport": same(MachineExport.self), "MachineExportList": same(ItemList<MachineExport>.self),
            "ExportRequest": same(ExportRequest.self), "EnrolmentToken": same(EnrolmentToken.self),
            "EnrolmentRequest": same(EnrolmentRequest.self), "Enrolment": same(Enrolment.self),
            "StreamAssignment": same(StreamAssignment.self), "CaptureRequest": same(CaptureRequest.self),
            "CaptureAnswer": same(CaptureAnswer.self),
        ]
    }
}
