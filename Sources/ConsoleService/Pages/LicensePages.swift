import APIProtocol
import Hummingbird
import NIOCore
import Texts

/// The license: what it allows, another one, and what the vendor needs to make one.
enum LicensePages {
    static let routes = [
        PageRoute.page("/license") { try await show($0) },
        PageRoute.form("/license") { page in
            let form = try await page.form()
            do {
                _ = try await page.upstream.call(
                    .installLicense, body: LicenseText(text: form.exact("text")), as: page.visitor.asker)
            } catch let error as APIError where error.code != .tokenRefused && error.code.status < 500 {
                return try await show(page, text: form.exact("text"), problem: error)
            }
            return HTML.redirect("/license?done=license")
        },
        PageRoute.page("/license/request") { page in
            let text = try await page.upstream.call(.licenseRequest, as: page.visitor.asker)
            return Response(
                status: .ok,
                headers: [
                    .contentType: "text/plain; charset=utf-8",
                    .contentDisposition: "attachment; filename=\"keelson-license-request.txt\"",
                ], body: ResponseBody(byteBuffer: ByteBuffer(bytes: text)))
        },
    ]

    private static func show(_ page: PageRequest, text: String = "", problem: APIError? = nil) async throws -> Response
    {
        let status: LicenseStatus = try await page.upstream.get(.license, as: page.visitor.asker)
        let words = page.words
        var fields: Fields = [
            "tone": tone(status), "phase": phase(status, words),
            "additions": words(status.allowsAdditions ? "word.yes" : "word.no"),
            "warnings": status.warnings.map {
                Catalogue.sentence("license.warning.\($0.code.rawValue)", $0.parameters, words.language) ?? $0.message
            },
            "silent": !status.validatorAnswers, "mayAdminister": page.user?.role.may(.administrator) == true,
            "text": text, "rows": usage(status, words),
        ]
        if let license = status.license {
            fields["license"] =
                [
                    "id": license.id, "customer": license.customer,
                    "kind": words("license.kind.\(license.kind.rawValue)"),
                    "issued": license.issued.description, "expires": license.expires?.description ?? "",
                    "features": license.features.joined(separator: ", "), "key": status.keyID ?? "",
                    "bound": "\(license.boundNodes)",
                ] as Fields
        }
        return page.render(
            "license", title: words("navigation.license"), navigation: .license, fields,
            status: problem.map { HTTPResponse.Status(code: $0.code.status) } ?? .ok, problem: problem)
    }

    /// - Returns: HTML.
    private static func phase(_ status: LicenseStatus, _ words: Words) -> String {
        if status.phase == .valid, status.until == nil { return words("license.phase.validForEver") }
        // The browser shows a moment in its own zone, if it is marked as one.
        let sentence = words("license.phase.\(status.phase.rawValue)", ["time": "\u{1}"])
        let moment = HTML.escaped(status.until?.description ?? "")
        return HTML.escaped(sentence).split(separator: "\u{1}", omittingEmptySubsequences: false)
            .joined(separator: "<time datetime=\"\(moment)\">\(moment)</time>")
    }

    private static func tone(_ status: LicenseStatus) -> String {
        switch status.phase {
        case .valid: status.warnings.isEmpty ? "good" : "warn"
        case .trial, .grace, .notYetValid, .unknown: "warn"
        case .none, .expired: "bad"
        }
    }

    private static func usage(_ status: LicenseStatus, _ words: Words) -> [Fields] {
        func row(_ key: String, _ used: Int, _ limit: Int?) -> Fields {
            ["name": words(key), "used": "\(used)", "limit": limit.map { "\($0)" } ?? words("licensePage.unlimited")]
        }
        let limits = status.license?.limits
        return [
            row("licensePage.nodes", status.usage.nodes, limits?.nodes),
            row("licensePage.hosts", status.usage.hosts, limits?.hosts),
            row("licensePage.tebibytes", status.usage.tebibytes, limits?.tebibytes),
        ]
    }
}
