import CaptureProtocol
import Foundation
import NIOPosix
import StreamProtocol
import Testing

/// nbdcopy (libnbd), a client that is not ours.
enum Foreign {
    private static let program = "/usr/bin/nbdcopy"

    static var isThere: Bool { FileManager.default.isExecutableFile(atPath: program) }

    /// Of the first volume.
    static func address(_ place: ExportPlace) -> String { "nbd+unix:///\(place.name)/0?socket=\(place.socket)" }

    /// What the first volume of an export holds.
    static func content(of place: ExportPlace) async throws -> [UInt8] {
        let folder = try TestFolder()
        let path = folder.path + "/content"
        try await copy(address(place), path)
        return Array(try Data(contentsOf: URL(fileURLWithPath: path)))
    }

    /// Copies and flushes.
    static func copy(_ from: String, _ to: String) async throws {
        let status = try await NIOThreadPool.singleton.runIfActive {
            let process = Process()
            process.executableURL = URL(fileURLWithPath: program)
            process.arguments = ["--flush", from, to]
            try process.run()
            process.waitUntilExit()
            return process.terminationStatus
        }
        #expect(status == 0)
    }
}

extension TestNode {
    func export(
        _ machine: MachineID, _ choice: PointChoice, isWritable: Bool = false
    ) async throws -> ExportPlace {
        let answer = try await ask(.export(machine, choice, isWritable: isWritable))
        guard case .exports(let places) = answer, let place = places.first else {
            throw PeerClosed(reason: "\(answer)")
        }
        return place
    }
}
