import CaptureProtocol
import Foundation
import Linux
import NIOCore
import NIOPosix
import TapCore

/// JSON of this program's files and sockets: sorted keys, so that equal values are equal bytes.
enum SourceJSON {
    static func encode(_ value: some Encodable) throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        return Array(try encoder.encode(value))
    }

    /// - Throws: what decoding throws, which names the field.
    static func decode<Value: Decodable>(_ type: Value.Type, from bytes: [UInt8]) throws -> Value {
        try JSONDecoder().decode(type, from: Data(bytes))
    }
}

/// The source's files in its folder.
struct SourceStore: Sendable {
    let folder: String
    private let pool: NIOThreadPool

    init(folder: String, pool: NIOThreadPool) {
        self.folder = folder
        self.pool = pool
    }

    private var memoryPath: String { folder + "/memory.json" }
    private var assignmentPath: String { folder + "/assignment.json" }

    /// - Returns: what was remembered; nil at the very first start.
    /// - Throws: an error that names the file.
    func memory() throws -> SourceMemory? { try read(SourceMemory.self, memoryPath) }

    /// Durably, on a thread of its own; calls are done in order.
    func save(_ memory: SourceMemory, on loop: any EventLoop) -> EventLoopFuture<Void> {
        pool.runIfActive(eventLoop: loop) { try saveNow(memory) }
    }

    func saveNow(_ memory: SourceMemory) throws {
        try DurableFile.replace(memoryPath, with: try SourceJSON.encode(memory), mode: 0o600)
    }

    func assignment() throws -> StreamAssignment? { try read(StreamAssignment.self, assignmentPath) }

    func save(_ assignment: StreamAssignment) throws {
        try DurableFile.replace(assignmentPath, with: try SourceJSON.encode(assignment), mode: 0o600)
    }

    private func read<Value: Decodable>(_ type: Value.Type, _ path: String) throws -> Value? {
        guard let bytes = try DurableFile.read(path) else { return nil }
        do { return try SourceJSON.decode(type, from: bytes) } catch {
            throw SourceError("\(path) cannot be read: \(error)")
        }
    }
}

/// What goes wrong in this program beyond a system call: one sentence.
public struct SourceError: Error, Equatable, CustomStringConvertible {
    public let description: String

    public init(_ description: String) { self.description = description }
}
