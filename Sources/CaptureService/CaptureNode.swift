import CaptureProtocol
import ConfigurationCore
import Glibc
import Identity
import JournalStore
import Linux
import Logging
import NIOCore
import NIOPosix
import Primitives
import StreamProtocol

/// A running capture daemon.
final class CaptureNode: Sendable {
    private let threads: CaptureThreads
    private let hub: NIOLoopBound<CaptureHub>
    private let control: any Channel
    private let streams: any Channel

    /// The port on which it takes streams.
    var port: Int { streams.localAddress?.port ?? 0 }

    private init(
        _ threads: CaptureThreads, _ hub: NIOLoopBound<CaptureHub>, control: any Channel, streams: any Channel
    ) {
        self.threads = threads
        self.hub = hub
        self.control = control
        self.streams = streams
    }

    /// - Parameter host: where streams are taken; all addresses of the node.
    /// - Throws: what is wrong with files or sockets.
    static func start(
        _ configuration: NodeConfiguration, host: String = "::", journals: JournalConfiguration = .standard,
        logger: Logger
    ) async throws -> CaptureNode {
        try DurableFile.makeFolder(configuration.run)
        try DurableFile.makeFolder(configuration.journalDirectory, mode: 0o700)
        let identity = try IdentityBook(folder: IdentityFolder(path: configuration.identityDirectory))
        let book = try AssignmentBook(path: configuration.journalDirectory + "/assignments.json")
        let scrubs = try ScrubBook(path: configuration.scrubsPath)
        let records = try ExportRecord.read(configuration.exportsPath)
        let found = try Self.machines(in: configuration.journalDirectory)
        let threads = try CaptureThreads()
        let loop = threads.loop
        let surroundings = CaptureSurroundings(
            configuration: configuration, identity: identity,
            transport: StreamTransport(loop: loop, now: CaptureSurroundings.now), disk: threads.disk,
            journals: journals, workers: threads.workers, logger: logger)
        let hub = try await loop.submit {
            NIOLoopBound(
                CaptureHub(surroundings, book: book, scrubs: scrubs, records: records, found: found), eventLoop: loop)
        }.get()
        let control = try await ControlSocket.listen(configuration.capturedSocket, on: loop) { request, _ in
            hub.value.answer(request)
        }
        let streams = try await surroundings.transport.listen(
            host: host, port: configuration.capturePort, identity: { identity.identity },
            accept: { hub.value.greet() })
        return CaptureNode(threads, hub, control: control, streams: streams)
    }

    /// Ends connections and closes journals: what was acknowledged is on the disk in any case.
    func stop() async throws {
        try await control.close().get()
        try await streams.close().get()
        let hub = hub
        try await threads.loop.flatSubmit { hub.value.stop() }.get()
        try await threads.stop()
    }

    /// Machines that have a folder here.
    private static func machines(in folder: String) throws(SystemError) -> [MachineID] {
        guard let entries = opendir(folder) else {
            throw SystemError(operation: "list", subject: folder, errno: errno)
        }
        defer { closedir(entries) }
        var machines: [MachineID] = []
        while let entry = readdir(entries) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            if let machine = MachineID(name) { machines.append(machine) }
        }
        return machines
    }
}
