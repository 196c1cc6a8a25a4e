import APIProtocol

/// The exit codes of `keelson`, for scripts.
public enum ExitStatus: Int32, Sendable {
    case done = 0
    /// It was tried and did not work, or the cluster cannot do it at the moment.
    case failed = 1
    /// The command line or the answer file is wrong.
    case usage = 2
    /// Nobody answers.
    case unreachable = 3
    /// The cluster says no, and says why.
    case refused = 4
    /// Not done within the time that `--wait` allows; it may still be going on.
    case timedOut = 5

    static func of(_ error: APIError) -> ExitStatus {
        switch error.code {
        case .unreachable, .badAnswer: .unreachable
        case .timedOut: .timedOut
        case .internalError, .noMaster, .noQuorum, .storeUnavailable, .storeFull, .masterUnreachable,
            .validatorSilent, .captureSilent:
            .failed
        default: .refused
        }
    }
}

/// Ends a command with a sentence that is already in the user's language.
struct CommandFailure: Error, CustomStringConvertible {
    let status: ExitStatus
    let description: String
}
