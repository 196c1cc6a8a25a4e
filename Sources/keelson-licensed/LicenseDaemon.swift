import ConfigurationCore
import Glibc
import Hardware
import LicenseService
import Linux

/// `keelson-licensed --configuration PATH`: checks licenses for this node's cluster daemon.
@main
struct LicenseDaemon {
    static func main() { exit(run(Array(CommandLine.arguments.dropFirst()))) }

    /// - Returns: the exit status: 0 after an ordered stop, 1 after a failure, 2 for wrong arguments.
    private static func run(_ arguments: [String]) -> Int32 {
        guard arguments.count == 2, arguments[0] == "--configuration" else {
            say("usage: keelson-licensed --configuration PATH")
            return 2
        }
        do {
            try serve(arguments[1])
            return 0
        } catch {
            say("\(error)")
            return 1
        }
    }

    private static func serve(_ path: String) throws {
        guard let bytes = try DurableFile.read(path) else {
            throw LicenseServiceError("there is no configuration file \(path)")
        }
        let configuration: NodeConfiguration
        do { configuration = try NodeConfiguration.parse(String(decoding: bytes, as: UTF8.self)) } catch {
            throw LicenseServiceError("\(path): \(error)")
        }
        let trusted = try TrustedKeys(
            configuration, environment: getenv(TrustedKeys.variable).map { String(cString: $0) })
        if let notice = trusted.notice { say(notice) }
        let parts = MachineParts(systemFolder: configuration.data)
        let service = try LicenseService.start(socket: configuration.licensedSocket, keys: trusted.keys) { parts.print }
        try service.run()
    }

    /// A line for the supervisor's log.
    private static func say(_ sentence: String) {
        let line = Array("\(sentence)\n".utf8)
        _ = line.withUnsafeBytes { write(STDERR_FILENO, $0.baseAddress, $0.count) }
    }
}
