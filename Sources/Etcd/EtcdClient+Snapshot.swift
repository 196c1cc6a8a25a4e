import AsyncHTTPClient
import Crypto
import Foundation
import Glibc
import Linux
import NIOCore
import NIOHTTP1
import NIOPosix
import Primitives

/// A copy of the whole store in a file, as `etcdutl snapshot restore` takes it.
public struct EtcdSnapshot: Hashable, Sendable {
    public let path: String
    /// Bytes, etcd's own checksum at the end included.
    public let size: Int64
    /// SHA-256 of the database without that checksum, 64 hexadecimal digits; etcd sent the same.
    public let checksum: String
}

extension EtcdClient {
    /// Fetches a snapshot from one member, checks it and puts it in place whole: beside the path, flushed, renamed.
    ///
    /// - Parameter silence: longest wait for more bytes; also for the first ones.
    /// - Throws: `EtcdError`, also when the checksum that ends the stream is not that of its bytes; `SystemError`.
    public func snapshot(from endpoint: EtcdEndpoint, to path: String) async throws -> EtcdSnapshot {
        var request = HTTPClientRequest(url: "\(endpoint.url)/v3/maintenance/snapshot")
        request.method = .POST
        request.headers = ["content-type": "application/json"]
        request.body = .bytes(ByteBuffer(string: "{}"))
        let file = try await onThread { try SnapshotFile(path: path) }
        do {
            // The pool with a limit on silence: a member that hangs ends the request.
            let response: HTTPClientResponse
            do {
                response = try await watches.execute(request, timeout: options.watchIdleLimit.timeAmount)
            } catch { throw Self.classify(error, endpoint) }
            var stream = SnapshotStream()
            for try await chunk in response.body.classified(endpoint) {
                guard stream.lines.append(chunk.readableBytesView, limit: options.longestReply) else {
                    throw EtcdError.unreadable(endpoint, reason: "a line of the snapshot is too long")
                }
                while let line = stream.lines.next() {
                    let blob = try stream.blob(line, endpoint)
                    try await onThread { try file.write(blob) }
                }
            }
            let checksum = try stream.finish(endpoint)
            try await onThread { try file.commit() }
            return EtcdSnapshot(path: path, size: stream.size, checksum: checksum)
        } catch {
            try await onThread { try file.abandon() }
            throw error
        }
    }
}

/// Blocking calls belong on threads of their own.
private func onThread<Result: Sendable>(_ body: @escaping @Sendable () throws -> Result) async throws -> Result {
    try await NIOThreadPool.singleton.runIfActive(body)
}

/// The database's bytes out of the gateway's lines. The last 32 bytes are the SHA-256 of all before
/// (etcd 3.5, server/etcdserver/api/v3rpc/maintenance.go).
private struct SnapshotStream {
    var lines = LineBuffer()
    private(set) var size: Int64 = 0
    private var digest = SHA256()
    /// The latest 32 bytes, which may be the checksum and do not count until more follow.
    private var tail: [UInt8] = []

    mutating func blob(_ line: [UInt8], _ endpoint: EtcdEndpoint) throws(EtcdError) -> [UInt8] {
        let json: JSON
        do throws(JSONError) { json = try JSONReader.read(line) } catch {
            throw .unreadable(endpoint, reason: "snapshot: \(error)")
        }
        guard let result = json["result"] else {
            let reason = json["error"]?["message"]?.text ?? "a line without a result"
            throw .refused(EtcdRefusal(code: 2, message: "snapshot: \(reason)"))
        }
        guard let blob = (result["blob"] ?? .string("")).bytes else {
            throw .unreadable(endpoint, reason: "snapshot: a blob that is not base64")
        }
        size += Int64(blob.count)
        tail += blob
        let certain = max(0, tail.count - 32)
        digest.update(data: tail[..<certain])
        tail.removeFirst(certain)
        return blob
    }

    func finish(_ endpoint: EtcdEndpoint) throws(EtcdError) -> String {
        guard size % 512 == 32, Array(digest.finalize()) == tail else {
            throw .unreadable(endpoint, reason: "the snapshot is cut short or damaged: its checksum does not fit")
        }
        return tail.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}

/// A file that appears under its name only when it is whole and on disk.
private final class SnapshotFile: Sendable {
    private let path: String
    private let temporary: String
    private let descriptor: OwnedDescriptor

    init(path: String) throws(SystemError) {
        self.path = path
        temporary = path + ".new"
        descriptor = try OwnedDescriptor.open(temporary, flags: O_WRONLY | O_CREAT | O_TRUNC, mode: 0o600)
    }

    func write(_ bytes: [UInt8]) throws(SystemError) { try descriptor.write(bytes, subject: temporary) }

    func commit() throws(SystemError) {
        try systemCall("flush", temporary) { fsync(descriptor.raw) }
        try systemCall("rename over", path) { rename(temporary, path) }
        let folder = path.lastIndex(of: "/").map { String(path[...$0]) } ?? "."
        let parent = try OwnedDescriptor.open(folder, flags: O_RDONLY | O_DIRECTORY)
        try systemCall("flush the folder", folder) { fsync(parent.raw) }
    }

    func abandon() throws(SystemError) { try DurableFile.remove(temporary) }
}

extension HTTPClientResponse.Body {
    /// The body's chunks with its errors told apart like those of every other request.
    fileprivate func classified(_ endpoint: EtcdEndpoint) -> some AsyncSequence<ByteBuffer, any Error> {
        ClassifiedBody(body: self, endpoint: endpoint)
    }
}

private struct ClassifiedBody: AsyncSequence {
    let body: HTTPClientResponse.Body
    let endpoint: EtcdEndpoint

    struct AsyncIterator: AsyncIteratorProtocol {
        var body: HTTPClientResponse.Body.AsyncIterator
        let endpoint: EtcdEndpoint

        mutating func next() async throws -> ByteBuffer? {
            do { return try await body.next() } catch { throw EtcdClient.classify(error, endpoint) }
        }
    }

    func makeAsyncIterator() -> AsyncIterator { AsyncIterator(body: body.makeAsyncIterator(), endpoint: endpoint) }
}
