import CaptureProtocol
import ConfigurationCore
import Foundation
import Glibc
import Identity
import JoinCore
import JournalStore
import Linux
import Logging
import NIOPosix
import Primitives
import StreamProtocol

@testable import CaptureService

/// A capture daemon in this process with a folder of its own.
final class TestNode: Sendable {
    let identity: NodeIdentity
    let configuration: NodeConfiguration
    private let folder: TestFolder
    private let running: LockedNode
    private let journals: JournalConfiguration

    /// - Parameter port: 0 takes a free one at each start.
    init(_ cluster: TestCluster, port: Int = 0, journals: JournalConfiguration = .standard) throws {
        folder = try TestFolder()
        identity = try cluster.node()
        configuration = NodeConfiguration(
            name: "n", interface: "lo", address: Subnet("127.0.0.1/8")!, data: folder.path + "/data",
            run: folder.path + "/run", capturePort: port)
        let identities = IdentityFolder(path: configuration.identityDirectory)
        try DurableFile.makeFolder(configuration.identityDirectory, mode: 0o700)
        try DurableFile.replace(identities.keyPath, with: Array(identity.key.pem.utf8), mode: 0o600)
        try identities.install(identity.certificate, trust: identity.trust)
        self.journals = journals
        running = LockedNode()
    }

    var port: Int { running.node.port }
    var place: StreamAssignment.Place {
        StreamAssignment.Place(node: identity.node, address: "127.0.0.1:\(port)")
    }

    func start() async throws {
        running.node = try await CaptureNode.start(
            configuration, host: "127.0.0.1", journals: journals,
            logger: Logger(label: "captured", factory: { _ in SwiftLogNoOpLogHandler() }))
    }

    func stop() async throws { try await running.node.stop() }

    /// One line to the control socket, one back.
    func ask(_ line: String) async throws -> String {
        let path = configuration.capturedSocket
        return try await NIOThreadPool.singleton.runIfActive {
            let socket = try UnixSocket.connect(path, kind: .stream)
            _ = try socket.send(line + "\n")
            var lines = MessageLines(limit: CaptureRequest.longestLine)
            var buffer = [UInt8](repeating: 0, count: 65_536)
            while true {
                if let answer = try lines.next() { return String(decoding: answer, as: UTF8.self) }
                guard try Poller.waitReadable(socket, until: BootClock.now + .seconds(20)),
                    case .bytes(let count) = try socket.receive(into: &buffer)
                else { throw PeerClosed(reason: "no answer to \(line)") }
                lines.append(buffer[..<count])
            }
        }
    }

    func ask(_ request: CaptureRequest) async throws -> CaptureAnswer {
        let line = String(decoding: CaptureJSON.encode(request), as: UTF8.self)
        return try CaptureJSON.decode(CaptureAnswer.self, from: Array(try await ask(line).utf8))
    }
}

private final class LockedNode: @unchecked Sendable {
    // @unchecked: behind the lock.
    private let lock = NSLock()
    private var value: CaptureNode?

    var node: CaptureNode {
        get { lock.withLock { value! } }
        set { lock.withLock { value = newValue } }
    }
}

extension TestNode {
    /// A port that nobody has at the moment.
    static func freePort() throws -> Int {
        let socket = OwnedDescriptor(
            taking: try systemCall("open a socket") { Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0) })
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        return try withUnsafeMutablePointer(to: &address) { pointer in
            try pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
                try systemCall("bind a socket") { bind(socket.raw, generic, size) }
                try systemCall("look at a socket") { getsockname(socket.raw, generic, &size) }
            }
            return Int(UInt16(bigEndian: pointer.pointee.sin_port))
        }
    }

    func status(_ machine: MachineID) async throws -> StreamStatus {
        guard case .status(let all) = try await ask(.status), let one = all.first(where: { $0.machine == machine })
        else {
            throw PeerClosed(reason: "no status of machine \(machine)")
        }
        return one
    }

    /// The disk is gone; call between `stop` and `start`.
    func loseJournals() throws { try FileManager.default.removeItem(atPath: configuration.journalDirectory) }
}

extension TestNode {
    /// Asks until it is so; each question is a round trip.
    private func ask<Answer>(_ request: CaptureRequest, until pick: (CaptureAnswer) -> Answer?) async throws -> Answer {
        let deadline = BootClock.now + .seconds(30)
        while BootClock.now < deadline {
            if let answer = pick(try await ask(request)) { return answer }
        }
        throw PeerClosed(reason: "\(request) was never answered as expected")
    }

    func waitForExports(_ names: [String]) async throws {
        try await ask(.exports) { answer -> Void? in
            guard case .exports(let places) = answer else { return nil }
            return Set(places.map(\.name)) == Set(names) ? () : nil
        }
    }

    func waitForState(_ machine: MachineID, _ state: StreamStatus.State) async throws {
        try await ask(.status) { answer -> Void? in
            guard case .status(let all) = answer else { return nil }
            return all.contains { $0.machine == machine && $0.state == state } ? () : nil
        }
    }

    /// Nobody speaks to it about this machine any more.
    func waitUntilIdle(_ machine: MachineID) async throws {
        try await ask(.status) { answer -> Void? in
            guard case .status(let all) = answer else { return nil }
            return all.contains { $0.machine == machine && $0.role == .idle } ? () : nil
        }
    }

    func waitUntil(_ machine: MachineID, _ isMet: (StreamStatus) -> Bool) async throws {
        try await ask(.status) { answer -> Void? in
            guard case .status(let all) = answer else { return nil }
            return all.contains { $0.machine == machine && isMet($0) } ? () : nil
        }
    }

    /// Of a verification that nobody asked for.
    func waitForFindings(_ machine: MachineID) async throws -> VerificationProgress {
        try await ask(.verification(machine)) { answer in
            guard case .verification(let progress) = answer, !progress.isRunning, !progress.findings.isEmpty else {
                return nil
            }
            return progress
        }
    }

    func waitForVerification(_ machine: MachineID) async throws -> VerificationProgress {
        try await ask(.verification(machine)) { answer in
            guard case .verification(let progress) = answer, !progress.isRunning else { return nil }
            return progress
        }
    }
}
