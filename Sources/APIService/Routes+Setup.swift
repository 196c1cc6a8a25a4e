import APIProtocol
import Texts

/// Setup, rack mode and the recovery kit.
extension Routes {
    var settingUp: [Route] {
        let control = control
        return [
            Route(.setupCode) { _ in try await .json(control.setupCode()) },
            Route(.setupSession) { request in
                let code = try request.decoded(SetupSessionRequest.self).code
                return try await .json(control.openSetupSession(code: code), status: 201)
            },
            Route(.setupDraft) { _ in try await .json(control.setupDraft()) },
            Route(.changeSetupDraft) { request in
                try await .json(control.changeSetupDraft(request.decoded(SetupDraftChange.self)))
            },
            Route(.setupChecks) { request in
                try await .json(control.checkNetwork(request.decoded(SetupChecksRequest.self)))
            },
            Route(.startSetup) { request in
                _ = try request.decoded(SetupStart.self)
                return try await .json(control.startSetup(), status: 202)
            },
            Route(.rackMode) { _ in try await .json(control.rackMode()) },
            Route(.changeRackMode) { request in
                try await .json(control.changeRackMode(request.decoded(RackModeChange.self)))
            },
            Route(.recoveryKit) { request in
                try request.checkQuery(allowed: ["language"])
                let kit = try await control.recoveryKit(in: request.language())
                return RouteAnswer(status: 200, contentType: "text/plain; charset=utf-8", body: Array(kit.utf8))
            },
        ]
    }
}

extension RouteRequest {
    /// English unless the query says otherwise.
    fileprivate func language() throws(APIError) -> Language {
        guard let text = query["language"] else { return .english }
        guard let language = Language(rawValue: text) else {
            throw .invalid("language", clause: "oneOf", ["names": "en, zh", "value": "\(text.prefix(16))"])
        }
        return language
    }
}
