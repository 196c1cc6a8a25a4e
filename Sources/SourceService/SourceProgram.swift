import APIProtocol
import CaptureProtocol
import ConfigurationCore
import Foundation
import Identity
import JoinCore
import Linux
import Logging
import NIOCore
import NIOPosix
import ServiceLifecycle
import Primitives
import StreamProtocol
import UnixSignals

/// What the program `keelson-source` does.
public struct SourceProgram: Sendable {
    private let configuration: SourceConfiguration
    private let logger: Logger

    public init(configuration: SourceConfiguration, logger: Logger) {
        self.configuration = configuration
        self.logger = logger
    }

    private var folder: SourceFolder { SourceFolder(path: configuration.data + "/identity") }
    private var cluster: ClusterClient {
        ClusterClient(address: configuration.cluster, port: configuration.clusterPort)
    }

    /// Gets a certificate from the cluster for a key that is made here.
    ///
    /// - Parameter token: as the cluster showed it when the machine was protected.
    public func enrol(token: String) async throws {
        let trust = try await cluster.authority(fingerprint: configuration.fingerprint)
        let key = try folder.key()
        let enrolment = try await cluster.enrol(
            configuration.machine, token: token, csr: try key.certificateRequest(), trust: trust)
        try folder.install(
            certificate: enrolment.certificate, authority: enrolment.authority, token: enrolment.machineToken)
        let pool = NIOThreadPool(numberOfThreads: 1)
        try SourceStore(folder: configuration.data, pool: pool).save(enrolment.assignment)
    }

    /// Runs until SIGTERM or SIGINT.
    public func run() async throws {
        let group = ServiceGroup(
            configuration: ServiceGroupConfiguration(
                services: [SourceRun(program: self)], gracefulShutdownSignals: [.sigterm, .sigint], logger: logger))
        try await group.run()
    }

    /// Asks the running program over its socket.
    ///
    /// - Parameter line: `status`, `cut` or `bookmark TEXT`.
    /// - Returns: its answer, one line.
    public func ask(_ line: String) throws -> String {
        let socket = try UnixSocket.connect(configuration.socket, kind: .stream)
        try socket.write(Array((line + "\n").utf8), subject: configuration.socket)
        var lines = MessageLines(limit: 1 << 20)
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            _ = try Poller.waitReadable(socket)
            guard case .bytes(let count) = try socket.receive(into: &buffer) else {
                throw SourceError("keelson-source ended the connection without an answer")
            }
            lines.append(buffer.prefix(count))
            if let answer = try lines.next() { return String(decoding: answer, as: UTF8.self) }
        }
    }

    /// The cluster's last word; its own file when the cluster cannot be asked.
    fileprivate func assignment(token: String, trust: ClusterTrust) async throws -> StreamAssignment {
        let pool = NIOThreadPool(numberOfThreads: 1)
        let store = SourceStore(folder: configuration.data, pool: pool)
        do {
            let assignment = try await cluster.assignment(configuration.machine, token: token, trust: trust)
            try store.save(assignment)
            return assignment
        } catch {
            guard let known = try store.assignment() else { throw error }
            logger.warning("the cluster does not say the assignment, the last one holds: \(error)")
            return known
        }
    }

    fileprivate func serve() async throws {
        let (identity, token) = try folder.identity()
        let trust = identity.trust
        let first = try await assignment(token: token, trust: trust)
        let source = try await SourceMachine.start(
            configuration, identity: identity, assignment: first, logger: logger)
        let control = try await SourceControl.listen(configuration.socket, source: source)
        let (wishes, wish) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        source.whenAssignmentIsWanted { wish.yield() }
        await withTaskGroup(of: Void.self) { tasks in
            tasks.addTask { await self.follow(wishes, source, token: token, trust: trust) }
            tasks.addTask {
                // Every half minute, wished for or not.
                while !Task.isCancelled {
                    do { try await Task.sleep(for: .seconds(30)) } catch { return }
                    wish.yield()
                }
            }
            do { try await gracefulShutdown() } catch {
                logger.debug("stopping: \(error)")
            }
            wish.finish()
            tasks.cancelAll()
        }
        try await control.close()
        try await source.stop()
    }

    /// Asks for the assignment whenever somebody wishes so, once a second at most.
    private func follow(
        _ wishes: AsyncStream<Void>, _ source: SourceMachine, token: String, trust: ClusterTrust
    ) async {
        for await _ in wishes {
            do {
                source.use(try await assignment(token: token, trust: trust))
                try await Task.sleep(for: .seconds(1))
            } catch is CancellationError {
                return
            } catch {
                logger.warning("\(error)")
            }
        }
    }
}

/// From start to the signal.
private struct SourceRun: Service {
    let program: SourceProgram

    func run() async throws { try await program.serve() }
}
