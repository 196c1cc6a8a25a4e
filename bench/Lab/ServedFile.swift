import BlockIO
import Glibc
import Linux
import NBDProtocol
import NBDServer

/// One file or disk, served over NBD by our own server: what the benchmarks measure and what foreign clients try.
public final class ServedFile: NBDCatalogue {
    /// The name of the export; the empty name means it too.
    public static let name = "disk"

    private let path: String
    private let access: BlockFile.Access

    public init(_ path: String, isReadOnly: Bool = false) {
        self.path = path
        access = isReadOnly ? .readOnly : .readWrite
    }

    public func list(_ answer: @escaping @Sendable ([NBDHandshake.Listed]) -> Void) {
        answer([NBDHandshake.Listed(name: Self.name, description: path)])
    }

    public func open(
        _ name: String, on loop: BlockLoop, _ answer: @escaping @Sendable (Result<NBDExport, NBDRefusal>) -> Void
    ) {
        guard name.isEmpty || name == Self.name else {
            return answer(.failure(NBDRefusal(.unknown("there is no export '\(name)'"))))
        }
        do throws(BlockFileError) {
            let file = try BlockFile(path, on: loop, access: access)
            // Each connection has the file open for itself; a flush is about the file.
            answer(.success(NBDExport(file, description: path, allowsConnections: true)))
        } catch {
            answer(.failure(NBDRefusal(.forbidden("\(error)"))))
        }
    }

    /// Serves until the process is told to end.
    ///
    /// - Throws: `SystemError`.
    public func serve(unix path: String, loops count: Int) throws {
        let signals = try SignalDescriptor([SIGTERM, SIGINT])
        let loops = try (0..<count).map { try BlockLoop("nbd-\($0)") }
        let server = NBDServer(self, on: loops) { report in
            if case .ended(_, let reason) = report, !reason.isEmpty { Terminal.complain("a connection: \(reason)") }
        }
        try server.listen(unix: path)
        var set = [pollfd(fd: signals.raw, events: Int16(POLLIN), revents: 0)]
        try Poller.wait(&set)
    }
}
