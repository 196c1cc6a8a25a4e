import APIProtocol
import LicenseCore

/// A question to the license validator: one line of JSON over its socket. The line `ping` is answered `pong`.
public struct ValidatorRequest: Codable, Equatable, Sendable {
    public enum Question: String, Codable, Sendable {
        /// This machine's print.
        case hardware
        /// What a license says, and who signed it.
        case inspect
        /// What a license means with these facts.
        case judge
    }

    /// Bytes of the longest line of either direction: a license of the longest size and the prints of 500 nodes.
    public static let longestLine = 524_288

    public var ask: Question
    /// A license, for all but `hardware`.
    public var text: String?
    /// For `judge`.
    public var facts: LicenseState.Facts?

    private init(ask: Question, text: String?, facts: LicenseState.Facts?) {
        self.ask = ask
        self.text = text
        self.facts = facts
    }

    public static let hardware = ValidatorRequest(ask: .hardware, text: nil, facts: nil)

    public static func inspect(_ text: String) -> ValidatorRequest {
        ValidatorRequest(ask: .inspect, text: text, facts: nil)
    }

    public static func judge(_ text: String, _ facts: LicenseState.Facts) -> ValidatorRequest {
        ValidatorRequest(ask: .judge, text: text, facts: facts)
    }
}

/// The validator's answer: one line of JSON. Either `refused`, or what was asked for.
public struct ValidatorAnswer: Codable, Equatable, Sendable {
    public var hardware: HardwarePrint?
    public var license: LicenseInfo?
    public var keyID: String?
    public var judgement: LicenseJudgement?
    public var refused: APIError?

    public init(
        hardware: HardwarePrint? = nil, license: LicenseInfo? = nil, keyID: String? = nil,
        judgement: LicenseJudgement? = nil, refused: APIError? = nil
    ) {
        self.hardware = hardware
        self.license = license
        self.keyID = keyID
        self.judgement = judgement
        self.refused = refused
    }
}

/// What a good license means with the facts that were given.
public struct LicenseJudgement: Codable, Equatable, Sendable {
    public var phase: LicensePhase
    public var until: Timestamp?
    public var warnings: [LicenseWarning]
    public var allowsAdditions: Bool
    /// Why it would not be installed; nil: it would.
    public var refusal: APIError?

    public init(
        phase: LicensePhase, until: Timestamp?, warnings: [LicenseWarning], allowsAdditions: Bool, refusal: APIError?
    ) {
        self.phase = phase
        self.until = until
        self.warnings = warnings
        self.allowsAdditions = allowsAdditions
        self.refusal = refusal
    }

    public init(_ state: LicenseState) {
        (phase, until) =
            switch state.phase {
            case .notYetValid(let from): (.notYetValid, from)
            case .valid(let until): (.valid, until)
            case .grace(_, let until): (.grace, until)
            case .expired(let since): (.expired, since)
            }
        warnings = state.warnings.map(LicenseWarning.init)
        allowsAdditions = state.allowsAdditions
        refusal = state.refusal?.asAPIError
    }
}
