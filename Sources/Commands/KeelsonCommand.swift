import APIProtocol
import ArgumentParser
import Glibc

/// The command line `keelson`.
public struct KeelsonCommand: AsyncParsableCommand {
    public static let configuration = CommandConfiguration(
        commandName: "keelson",
        abstract: "Sets up, shows and operates a Keelson cluster.",
        discussion: """
            Exit codes: 0 done, 1 failed, 2 wrong usage or answer file, 3 not reachable, 4 refused,
            5 not done within the time that --wait allows.
            Completions: keelson --generate-completion-script bash|zsh|fish.
            """,
        version: KeelsonVersion.text,
        subcommands: [
            SetupCommand.self, StatusCommand.self, ScreenCommand.self, NodesCommand.self, VIPCommand.self,
            ProfileCommand.self,
            MasterCommand.self, EventsCommand.self, FailoversCommand.self, UserTokenCommand.self, MetricsCommand.self,
            LicenseCommand.self, RecoveryKitCommand.self,
            UsersCommand.self, UserSessionsCommand.self, AuditCommand.self, ApprovalsCommand.self,
            SecurityCommand.self,
            NotifyCommand.self, SupportCommand.self, JobsCommand.self, WebCertificateCommand.self,
            MachinesCommand.self, ProtectCommand.self, PauseCommand.self, ResumeCommand.self, PointsCommand.self,
            BookmarkCommand.self, ExportCommand.self, VerifyCommand.self, UnprotectCommand.self,
        ])

    public init() {}

    /// Parses, runs, prints errors to standard error.
    /// - Parameter arguments: without the program's name.
    /// - Returns: the exit code.
    public static func run(arguments: [String]) async -> Int32 {
        do {
            var command = try parseAsRoot(Arguments.arranged(arguments))
            if var asynchronous = command as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try command.run()
            }
            return ExitStatus.done.rawValue
        } catch let failure as CommandFailure {
            complain(failure.description)
            return failure.status.rawValue
        } catch let error as APIError {
            complain(error.message)
            return ExitStatus.of(error).rawValue
        } catch {
            let code = exitCode(for: error)
            guard code.isSuccess else {
                complain(fullMessage(for: error))
                return (code == .validationFailure ? ExitStatus.usage : .failed).rawValue
            }
            print(fullMessage(for: error))
            return ExitStatus.done.rawValue
        }
    }

    private static func complain(_ text: String) {
        let line = Array("\(text)\n".utf8)
        _ = line.withUnsafeBytes { write(STDERR_FILENO, $0.baseAddress, $0.count) }
    }
}

/// The version of all programs of this repository.
public enum KeelsonVersion {
    public static let text = "0.1.0"
}
