import CaptureProtocol
import Linux
import StreamProtocol

/// What is exported, kept durably so that it is served again after a restart.
struct ExportRecord: Hashable, Codable, Sendable {
    var name: String
    var machine: MachineID
    var point: JournalPoint
    var isWritable: Bool

    /// Letters and digits only: it becomes a file name.
    static func newName() -> String {
        let text = String(UInt32.random(in: .min ... .max), radix: 16)
        return String(repeating: "0", count: 8 - text.count) + text
    }

    /// Blocks.
    ///
    /// - Throws: `CaptureServiceError` that names the file.
    static func read(_ path: String) throws(CaptureServiceError) -> [ExportRecord] {
        do {
            return try DurableFile.read(path, limit: 16 << 20).map { try CaptureJSON.decode([Self].self, from: $0) }
                ?? []
        } catch {
            throw CaptureServiceError("the exports cannot be read from \(path): \(error)")
        }
    }

    /// Durable when it returns. Blocks.
    ///
    /// - Throws: `SystemError` that names the file.
    static func write(_ records: [ExportRecord], to path: String) throws(SystemError) {
        try DurableFile.replace(path, with: CaptureJSON.encode(records), mode: 0o600)
    }
}
