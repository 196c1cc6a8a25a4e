/// From a fresh node to a running cluster, and what is taken away at the end.
extension Endpoint {
    public static let setupCode = Endpoint(.get, "/v1/setup/code", .local)
    public static let setupSession = Endpoint(.post, "/v1/setup/session", .open)
    public static let setupDraft = Endpoint(.get, "/v1/setup/draft", .user(.administrator))
    public static let changeSetupDraft = Endpoint(.put, "/v1/setup/draft", .user(.administrator))
    public static let setupChecks = Endpoint(.post, "/v1/setup/checks", .user(.administrator))
    public static let startSetup = Endpoint(.post, "/v1/setup/start", .user(.administrator))
    public static let rackMode = Endpoint(.get, "/v1/rack-mode", .user(.viewer))
    public static let changeRackMode = Endpoint(.put, "/v1/rack-mode", .user(.operator))
    public static let recoveryKit = Endpoint(.get, "/v1/recovery-kit", .user(.administrator))

    static let settingUp: [Endpoint] = [
        setupCode, setupSession, setupDraft, changeSetupDraft, setupChecks, startSetup, rackMode, changeRackMode,
        recoveryKit,
    ]
}
