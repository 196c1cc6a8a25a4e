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
    case machineProtected, machineUnprotected, machineChanged, machinePaused, machineResumed, machineEnrolled
    case bookmarked, bookmarkReleased, pointExported, exportEnded
    case receiverReplaced, secondReplaced, secondLost, secondFound, secondLevel, streamDrained
    case lagOverTarget, lagOverTargetOver, stalled, stalledOver, secondMissing, secondMissingOver
    case journalFull, journalFullOver, streamFaulted, streamFaultedOver, streamStopped, streamStoppedOver
    case splitBrain, splitBrainOver, copyDamaged, copyDamagedOver

    var level: EventLevel {
        switch self {
        case .journalFull, .streamFaulted, .splitBrain, .copyDamaged: .error
        case .receiverReplaced, .secondReplaced, .secondLost, .lagOverTarget, .stalled, .secondMissing, .streamStopped:
            .warning
        case .machineProtected, .machineUnprotected, .machineChanged, .machinePaused, .machineResumed,
            .machineEnrolled, .bookmarked, .bookmarkReleased, .pointExported, .exportEnded, .secondFound, .secondLevel,
            .streamDrained,
            .lagOverTargetOver, .stalledOver, .secondMissingOver, .journalFullOver, .streamFaultedOver,
            .streamStoppedOver, .splitBrainOver, .copyDamagedOver:
            .info
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
