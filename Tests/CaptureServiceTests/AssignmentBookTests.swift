import CaptureProtocol
import Foundation
import Linux
import Primitives
import StreamProtocol
import Testing

@testable import CaptureService

@Suite struct AssignmentBookTests {
    private let folder: TestFolder
    private var path: String { folder.path + "/assignments.json" }

    init() throws { folder = try TestFolder() }

    private static func assignment(_ number: UInt64, epoch: UInt64) throws -> StreamAssignment {
        StreamAssignment(
            machine: MachineID(high: 0, low: number), name: "m\(number)", epoch: epoch,
            receiver: StreamAssignment.Place(node: NodeID("00000000000000a1")!, address: "127.0.0.1:7444"),
            second: nil, volumes: [], level: .durable)
    }

    @Test func outlivesTheProcess() throws {
        var book = try AssignmentBook(path: path)
        #expect(book.assignments.isEmpty)
        let list = [try Self.assignment(1, epoch: 3), try Self.assignment(2, epoch: 1)]
        try book.replace(with: list)
        #expect(Set(try AssignmentBook(path: path).assignments.values) == Set(list))
    }

    @Test func anOlderEpochChangesNothing() throws {
        var book = try AssignmentBook(path: path)
        try book.replace(with: [try Self.assignment(1, epoch: 3)])
        let refusal = #expect(throws: CaptureRefusal.self) {
            try book.replace(with: [try Self.assignment(2, epoch: 1), try Self.assignment(1, epoch: 2)])
        }
        #expect(refusal?.code == .staleEpoch)
        #expect(Array(try AssignmentBook(path: path).assignments.values) == [try Self.assignment(1, epoch: 3)])
    }

    /// A machine that is no longer assigned comes back only with an epoch that is not older.
    @Test func remembersTheEpochOfWhatIsGone() throws {
        var book = try AssignmentBook(path: path)
        try book.replace(with: [try Self.assignment(1, epoch: 3)])
        try book.replace(with: [])
        var later = try AssignmentBook(path: path)
        #expect(later.assignments.isEmpty)
        #expect(throws: CaptureRefusal.self) { try later.replace(with: [try Self.assignment(1, epoch: 2)]) }
        try later.replace(with: [try Self.assignment(1, epoch: 3)])
        #expect(later.assignments.count == 1)
    }

    @Test func aDamagedBookIsNotTakenForAnEmptyOne() throws {
        try DurableFile.replace(path, with: Array("{".utf8), mode: 0o600)
        #expect(throws: CaptureServiceError.self) { try AssignmentBook(path: path) }
    }
}
