import Foundation
import Glibc
import Primitives

/// An NBD server of one file on a Unix socket: ours or one to compare it with.
struct NBDServerProcess {
    enum Kind: String, CaseIterable, Sendable {
        case keelson
        case qemu = "qemu-nbd"
        case nbdkit
    }

    private let child: ChildProcess
    private let socket: String

    /// - Throws: `LabError` when it does not listen within ten seconds.
    init(_ kind: Kind, file: String, folder: String) throws(LabError) {
        socket = "\(folder)/\(kind.rawValue).sock"
        unlink(socket)
        let arguments: [String] =
            switch kind {
            case .keelson: ["/proc/self/exe", "serve-nbd", file, socket]
            case .qemu:
                [
                    "qemu-nbd", "-t", "-f", "raw", "--cache=none", "--aio=native", "-e", "16", "-k", socket, "-x",
                    "disk", file,
                ]
            case .nbdkit: ["nbdkit", "-f", "-U", socket, "-e", "disk", "file", file]
            }
        child = try ChildProcess.start(arguments, output: .discard)
        let path = socket
        do throws(LabError) {
            _ = try Condition.wait(for: "\(kind.rawValue) to listen", within: .seconds(10)) {
                () throws(LabError) -> Bool? in
                access(path, F_OK) == 0 ? true : nil
            }
        } catch {
            child.killAndCollect()
            throw error
        }
    }

    var engine: [String] { ["--ioengine=nbd", "--uri=nbd+unix:///disk?socket=\(socket)"] }

    /// CPU seconds so far.
    var cpu: Double { ProcessFacts(pid: child.pid)?.cpuSeconds ?? 0 }

    func stop() {
        child.signal(SIGTERM)
        if child.wait(until: LabClock.now() + .seconds(5)) == nil { child.killAndCollect() }
        unlink(socket)
    }
}
