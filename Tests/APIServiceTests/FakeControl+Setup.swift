import APIProtocol
import Texts

extension FakeControl {
    static let draft = SetupDraft(revision: 3, step: 4, language: .english, approved: [])

    func setupCode() async throws -> SetupCodeAnswer {
        try note("setupCode")
        return SetupCodeAnswer(code: "7K2M-QX94", url: "https://10.77.0.11", fingerprint: "AB:CD")
    }
    func openSetupSession(code: String) async throws -> SetupSession {
        try note("openSetupSession \(code)")
        return SetupSession(token: "ku1.x", expires: Self.stamp)
    }
    func setupDraft() async throws -> SetupDraft {
        try note("setupDraft")
        return Self.draft
    }
    func changeSetupDraft(_ change: SetupDraftChange) async throws -> SetupDraft {
        try note("changeSetupDraft \(change.revision)")
        return Self.draft
    }
    func checkNetwork(_ request: SetupChecksRequest) async throws -> SetupChecks {
        try note("checkNetwork")
        return SetupChecks(items: [])
    }
    func startSetup() async throws -> SetupStatus {
        try note("startSetup")
        return SetupStatus(stage: .joining, finished: false, phases: [])
    }
    func rackMode() async throws -> RackMode {
        try note("rackMode")
        return .closed
    }
    func changeRackMode(_ change: RackModeChange) async throws -> RackMode {
        try note("changeRackMode \(change.nodes) \(change.minutes ?? 0)")
        return RackMode(nodes: change.nodes, until: Self.stamp)
    }
    func recoveryKit(in language: Language) async throws -> String {
        try note("recoveryKit \(language.rawValue)")
        return "kit\n"
    }
}
