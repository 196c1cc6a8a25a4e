import APIProtocol

/// Everything that is worth an event; its sentence is `event.NAME` in the catalogue.
enum EventKind: String, CaseIterable, Sendable {
    case tookOver, gaveUp, storeWentBackwards, vipConflict, vipRefused, linkDown, linkUp
    case nodeWaiting, nodeAccepted, learnerAdded, voterPromoted, voterRemoved, nodeRemoved, nodeSilent, nodeBack, twins
    case profileChanged, settingsChanged, tokenCreated, tokenRevoked, certificateRenewed, switchAsked
    case raftRestart, raftHandOver, rackModeOpened, rackModeClosed
    case licenseInstalled, licenseRemoved, licenseGrace, licenseExpired, licenseOtherHardware, trialEnded, clockSetBack
    case loginLocked, approvalAsked, webCertificateChanged
    case nodeDrained, nodeUndrained, locatingPort, locatingConsole, locateFailed
    case notificationTest, notificationLost, notificationChanged, notificationRemoved

    var level: EventLevel {
        switch self {
        case .storeWentBackwards, .vipConflict, .twins: .error
        case .gaveUp, .vipRefused, .loginLocked, .approvalAsked, .linkDown, .nodeSilent, .voterRemoved,
            .notificationLost, .locateFailed:
            .warning
        case .licenseGrace, .licenseExpired, .licenseOtherHardware, .trialEnded, .clockSetBack: .warning
        case .licenseInstalled, .licenseRemoved: .info
        case .tookOver, .linkUp, .nodeWaiting, .nodeAccepted, .learnerAdded, .voterPromoted, .nodeRemoved, .nodeBack,
            .profileChanged, .settingsChanged, .tokenCreated, .tokenRevoked, .certificateRenewed, .switchAsked,
            .raftRestart, .raftHandOver, .rackModeOpened, .rackModeClosed,
            .notificationTest, .notificationChanged, .notificationRemoved,
            .webCertificateChanged, .nodeDrained, .nodeUndrained, .locatingPort, .locatingConsole:
            .info
        }
    }
}
