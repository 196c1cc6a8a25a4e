/// What can go wrong, for programs. Each has a sentence in every language, under `error.CODE` in the catalogue, filled
/// with the error's parameters.
public enum APIErrorCode: String, Codable, Sendable, CaseIterable {
    // The request itself.
    case malformed, unknownField, missingField, invalidValue, duplicateField, tooLarge, unsupportedMedia
    case notFound, methodNotAllowed
    // Who asks.
    case unauthenticated, tokenRefused, forbidden, tooManyAttempts, formExpired
    // The state of the cluster.
    case notMaster, noMaster, noQuorum, storeUnavailable, storeFull, staleEpoch, notSetUp, alreadySetUp, setupRunning
    case unknownNode, unknownToken, nodeIsMaster, nodeOnline, alreadyMaster, notEligible, noTarget, lastVoter
    case learnerBusy, timedOut
    // Setup and configuration.
    case vipIsNodeAddress, vipOutsideSubnet, vipInUse, vipDuplicate, gatewaySilent, gatewayOutsideSubnet, unsafeTiming
    case diskFull, diskTooSmall, masterUnreachable
    case setupCodeWrong, setupCodeRenewed, draftChanged, ntpSilent, ntpUnsynchronized, dnsSilent, clockSkew
    // Joining.
    case joinTokenMalformed, joinTokenUnknown, joinTokenExpired, joinTokenUsedUp, joinTokenRevoked, wrongAuthority
    case duplicateIdentity, duplicateAddress, duplicateName, codeMismatch, joinRejected, tooManyWaiting,
        malformedCertificateRequest
    // The license.
    case licenseRefused, licenseLimit, licenseInactive, validatorSilent
    // Users, sessions, approvals.
    case loginRefused, codeNeeded, outOfScope, secondFactorNeeded, sessionNeeded, passwordWrong, codeRefused
    case passwordTooShort, passwordTooLong, passwordIsName, passwordTooCommon
    case unknownUser, duplicateUser, lastAdministrator, unknownSession, unknownApproval, ownApproval
    // What operators need beside the cluster.
    case unknownTarget, unknownJob, idempotencyMismatch, idempotencyUnfinished
    // Protected machines.
    case unknownMachine, duplicateMachine, tooManyMachines, noPlaceForMachine, volumeShrinks, unknownPoint
    case unknownExport, sourceAway, captureSilent, captureRefused, enrolmentRefused
    // Everything else, and what the command line meets before an answer.
    case internalError, unreachable, badAnswer
}

extension APIErrorCode {
    /// The HTTP status that goes with the code (RFC 9110, RFC 6585).
    public var status: Int {
        switch self {
        case .malformed, .unknownField, .missingField, .invalidValue, .duplicateField, .joinTokenMalformed,
            .malformedCertificateRequest:
            400
        case .unauthenticated, .tokenRefused, .setupCodeWrong, .setupCodeRenewed, .loginRefused, .codeNeeded: 401
        case .outOfScope, .secondFactorNeeded, .sessionNeeded, .passwordWrong, .ownApproval: 403
        case .unknownUser, .unknownSession, .unknownApproval: 404
        case .duplicateUser, .lastAdministrator: 409
        case .codeRefused, .passwordTooShort, .passwordTooLong, .passwordIsName, .passwordTooCommon: 422
        case .forbidden, .formExpired, .joinTokenUnknown, .joinTokenExpired, .joinTokenUsedUp, .joinTokenRevoked,
            .wrongAuthority, .joinRejected, .licenseLimit, .licenseInactive, .enrolmentRefused:
            403
        case .notFound, .unknownNode, .unknownToken, .unknownTarget, .unknownJob, .unknownMachine, .unknownPoint,
            .unknownExport:
            404
        case .methodNotAllowed: 405
        case .staleEpoch, .notSetUp, .alreadySetUp, .setupRunning, .nodeIsMaster, .nodeOnline, .alreadyMaster,
            .notEligible, .noTarget, .lastVoter, .learnerBusy, .vipInUse, .duplicateIdentity, .duplicateAddress,
            .duplicateName, .codeMismatch, .draftChanged, .clockSkew, .idempotencyUnfinished,
            .duplicateMachine, .tooManyMachines, .noPlaceForMachine, .volumeShrinks, .sourceAway, .captureRefused:
            409
        case .tooLarge: 413
        case .unsupportedMedia: 415
        case .notMaster: 421
        case .vipIsNodeAddress, .vipOutsideSubnet, .vipDuplicate, .gatewaySilent, .gatewayOutsideSubnet, .unsafeTiming,
            .licenseRefused, .ntpSilent, .ntpUnsynchronized, .dnsSilent, .idempotencyMismatch:
            422
        case .tooManyAttempts, .tooManyWaiting: 429
        case .internalError: 500
        case .masterUnreachable, .badAnswer: 502
        case .noMaster, .noQuorum, .storeUnavailable, .unreachable, .validatorSilent, .captureSilent: 503
        case .timedOut: 504
        case .storeFull, .diskFull, .diskTooSmall: 507
        }
    }
}
