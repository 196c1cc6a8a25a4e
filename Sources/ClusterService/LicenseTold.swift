import APIProtocol

/// The state of the license that the events tell of, kept in the store so that a change is told once, whoever is master.
struct LicenseTold: Codable, Equatable, Sendable {
    var license: String?
    var phase: LicensePhase
    var warnings: [LicenseWarning.Code]

    /// - Returns: nil while the state is not known.
    init?(_ status: LicenseStatus) {
        guard status.phase != .unknown else { return nil }
        license = status.license?.id
        phase = status.phase
        warnings = status.warnings.map(\.code)
    }

    /// What has happened since.
    /// - Parameter earlier: nil: nothing was told of this cluster yet.
    func events(since earlier: LicenseTold?, _ status: LicenseStatus) -> [(
        kind: EventKind, parameters: [String: String]
    )] {
        var events: [(kind: EventKind, parameters: [String: String])] = []
        let time = status.until.map { "\($0)" } ?? "?"
        if phase != earlier?.phase || license != earlier?.license {
            switch phase {
            case .grace: events.append((.licenseGrace, ["id": license ?? "?", "time": time]))
            case .expired: events.append((.licenseExpired, ["id": license ?? "?", "time": time]))
            case .none: events.append((.trialEnded, ["time": time]))
            case .trial, .valid, .notYetValid, .unknown: break
            }
        }
        for warning in status.warnings where earlier?.warnings.contains(warning.code) != true {
            switch warning.code {
            case .otherHardware: events.append((.licenseOtherHardware, warning.parameters))
            case .clockSetBack: events.append((.clockSetBack, warning.parameters))
            case .tooManyNodes, .tooManyHosts, .tooMuchData, .refused: break
            }
        }
        return events
    }
}
