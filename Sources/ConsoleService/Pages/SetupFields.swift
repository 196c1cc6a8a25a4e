import APIProtocol
import FoundationEssentials
import Primitives
import Texts

/// What the forms of the wizard show, and what they become.
enum SetupFields {
    /// What a step shows when it is opened.
    static func of(_ step: SetupPages.Step, _ draft: SetupDraft, _ page: PageRequest) async throws -> Fields {
        switch step {
        case .administrator:
            return ["name": draft.administrator?.name ?? "", "passwordSet": draft.administrator?.passwordSet == true]
        case .license:
            let text = draft.license?.text ?? ""
            return [
                "text": text, "trial": draft.license?.trial == true, "given": !text.isEmpty,
                "license": try await about(text, page),
            ]
        case .cluster:
            return [
                "name": draft.name ?? "", "dns": draft.dns.map(\.description).joined(separator: ", "),
                "ntp": draft.ntp.joined(separator: ", "), "timeZone": draft.timeZone ?? "",
            ]
        case .network:
            return [
                "vip": draft.vip.map(\.description).joined(separator: ", "),
                "gateway": draft.gateway.map { "\($0)" } ?? "",
                "profiles": profiles(draft.profile ?? .auto, page.words),
            ]
        case .nodes: return ["list": try await SetupNodePages.fragment(page, draft)]
        case .start:
            return [
                "administrator": draft.administrator?.name ?? "", "name": draft.name ?? "",
                "vip": draft.vip.map(\.description).joined(separator: ", "),
                "license": try await about(draft.license?.text ?? "", page)["line"] ?? page.words("setup.trial"),
                "nodes": draft.approved.map(\.name).joined(separator: ", "),
                "profile": page.words("profileName.\((draft.profile ?? .auto).rawValue)"),
            ]
        }
    }

    /// What a license says, that has been given; empty without one.
    private static func about(_ text: String, _ page: PageRequest) async throws -> Fields {
        guard !text.isEmpty else { return [:] }
        let inspection: LicenseInspection = try await page.upstream.get(
            .inspectLicense, body: LicenseText(text: text), as: page.visitor.asker)
        let (license, words) = (inspection.license, page.words)
        return [
            "customer": license.customer, "kind": words("license.kind.\(license.kind.rawValue)"), "id": license.id,
            "nodes": license.limits.nodes.map { "\($0)" } ?? words("licensePage.unlimited"),
            "expires": license.expires.map { "\($0)" } ?? "", "key": inspection.keyID,
            "line": "\(license.customer), \(license.id)",
        ]
    }

    private static func profiles(_ chosen: ProfileChoice, _ words: Words) -> [Fields] {
        ProfileChoice.allCases.map {
            ["id": $0.rawValue, "name": words("profileName.\($0.rawValue)"), "selected": $0 == chosen]
        }
    }

    /// What was typed, so that nothing has to be typed twice; never a password.
    static func entered(_ step: SetupPages.Step, _ form: Form) -> Fields {
        func text(_ names: String...) -> Fields {
            Fields(uniqueKeysWithValues: names.map { ($0, form[$0] ?? "") })
        }
        switch step {
        case .administrator: return text("name")
        case .license: return ["text": form["text"] ?? "", "trial": form["kind"] == "trial"]
        case .cluster: return text("name", "dns", "ntp", "timeZone")
        case .network: return text("vip", "gateway")
        case .nodes, .start: return [:]
        }
    }

    /// The change of the draft that a form asks for.
    /// - Throws: `invalidValue` naming the field that cannot be understood.
    static func change(_ step: SetupPages.Step, _ form: Form, _ page: PageRequest) throws -> SetupDraftChange {
        var change = SetupDraftChange(revision: 0)
        switch step {
        case .administrator:
            let password = form.exact("password")
            guard password == form.exact("repeated") else {
                throw APIError.invalid("repeated", page.words("setup.passwordsDiffer"))
            }
            change.administrator = DraftAdministratorChange(
                name: form["name"] ?? "", password: password.isEmpty ? nil : password)
        case .license:
            change.license =
                form["kind"] == "trial" ? SetupLicense(trial: true) : SetupLicense(text: form["text"] ?? "")
        case .cluster:
            change.cluster = DraftCluster(
                name: form["name"] ?? "", dns: try addresses(form, "dns"), ntp: form.list("ntp"),
                timeZone: form["timeZone"])
        case .network:
            change.network = DraftNetwork(
                vip: try subnets(form), gateway: try addresses(form, "gateway").first,
                profile: form["profile"].flatMap(ProfileChoice.init(rawValue:)))
        case .nodes: change.nodesConfirmed = true
        case .start: break
        }
        return change
    }

    private static func addresses(_ form: Form, _ field: String) throws -> [IPAddress] {
        try form.list(field).map { text in
            guard let address = IPAddress(text) else {
                throw APIError.invalid(field, clause: "noAddress", ["value": String(text.prefix(64))])
            }
            return address
        }
    }

    private static func subnets(_ form: Form) throws -> [Subnet] {
        try form.list("vip").map { text in
            guard let subnet = Subnet(text) else {
                throw APIError.invalid("vip", clause: "noSubnet", ["value": String(text.prefix(64))])
            }
            return subnet
        }
    }

    /// Asks the network about what was typed, before it is saved.
    static func checks(
        _ step: SetupPages.Step, _ form: Form, _ page: PageRequest
    ) async throws -> (fields: Fields, failure: APIError?) {
        let request: SetupChecksRequest
        switch step {
        case .cluster: request = SetupChecksRequest(ntp: form.list("ntp"), dns: try addresses(form, "dns"))
        case .network:
            request = SetupChecksRequest(vip: try subnets(form), gateway: try addresses(form, "gateway").first)
        case .administrator, .license, .nodes, .start: return ([:], nil)
        }
        let checks: SetupChecks = try await page.upstream.get(
            .setupChecks, body: request, as: page.visitor.asker)
        let rows = checks.items.map { check -> Fields in
            let offset = check.offsetMilliseconds.map {
                page.words("setup.clockOffset", ["offset": Figures.milliseconds($0)])
            }
            return [
                "subject": check.subject, "name": page.words("check.\(check.check.rawValue)"),
                "tone": check.ok ? "good" : "bad", "word": page.words(check.ok ? "check.passed" : "check.failed"),
                "detail": check.error.map { PageRequest.sentence($0, page.visitor.language) } ?? offset ?? "",
            ]
        }
        return (["checks": rows, "checked": !rows.isEmpty], checks.items.first { !$0.ok }?.error)
    }
}
