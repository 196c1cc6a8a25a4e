import Texts

/// What the API asks of a node about its setup, and of a cluster about nodes in numbers. The part of `ClusterControl`
/// behind `Endpoint+Setup.swift`.
public protocol SetupControl: Sendable {
    /// - Throws: `alreadySetUp` on a member.
    func setupCode() async throws -> SetupCodeAnswer
    /// - Throws: `setupCodeWrong`, `setupCodeRenewed`, `alreadySetUp`.
    func openSetupSession(code: String) async throws -> SetupSession

    /// - Throws: `alreadySetUp` on a member.
    func setupDraft() async throws -> SetupDraft
    /// All or nothing.
    /// - Parameter change: already validated by itself.
    /// - Throws: `draftChanged` when the revision is not the present one, what is wrong with the values, `setupRunning`.
    func changeSetupDraft(_ change: SetupDraftChange) async throws -> SetupDraft
    /// Asks the network; changes nothing. What fails is in the items, not thrown.
    func checkNetwork(_ request: SetupChecksRequest) async throws -> SetupChecks
    /// Founds the cluster of the draft; returns at once.
    /// - Throws: `missingField` with the draft's field, the error of the first check that fails, `setupRunning`.
    func startSetup() async throws -> SetupStatus

    func rackMode() async throws -> RackMode
    func changeRackMode(_ change: RackModeChange) async throws -> RackMode

    /// A document to print or to store away; holds no secret.
    func recoveryKit(in language: Language) async throws -> String
}
