import APIProtocol
import Hummingbird

/// The certificate of the virtual address: the cluster's own, or the customer's.
enum WebCertificatePages {
    static let routes = [
        PageRoute.page("/settings/certificate") { try await show($0) },
        PageRoute.form("/settings/certificate") { page in
            let form = try await page.form()
            let upload = WebCertificateUpload(certificates: form["certificates"] ?? "", key: form["key"])
            return try await attempt(page) {
                _ = try await page.upstream.call(.setWebCertificate, body: upload, as: page.visitor.asker)
            }
        },
        PageRoute.form("/settings/certificate/reset") { page in
            _ = try await page.form()
            return try await attempt(page) {
                _ = try await page.upstream.call(.resetWebCertificate, as: page.visitor.asker)
            }
        },
        PageRoute.form("/settings/certificate/request", request),
    ]

    private static func attempt(_ page: PageRequest, _ work: () async throws -> Void) async throws -> Response {
        do {
            try await work()
            return HTML.redirect("/settings/certificate?done=saved")
        } catch let error as APIError where error.code != .tokenRefused && error.code.status < 500 {
            return try await show(page, problem: error)
        }
    }

    @Sendable private static func request(_ page: PageRequest) async throws -> Response {
        let form = try await page.form()
        do {
            let answer: WebCertificateRequest = try await page.upstream.get(
                .requestWebCertificate, body: WebCertificateWish(names: form.list("names")), as: page.visitor.asker)
            return try await show(page, request: answer.request)
        } catch let error as APIError where error.code != .tokenRefused && error.code.status < 500 {
            return try await show(page, problem: error)
        }
    }

    private static func show(
        _ page: PageRequest, request: String = "", problem: APIError? = nil
    ) async throws -> Response {
        let info: WebCertificateInfo = try await page.upstream.get(.webCertificate, as: page.visitor.asker)
        return page.render(
            "certificate", title: page.words("web.title"), navigation: .settings,
            [
                "kind": page.words(info.isOwn ? "web.own" : "web.given"), "isOwn": info.isOwn,
                "subject": info.subject, "issuer": info.issuer, "names": info.names.joined(separator: ", "),
                "expires": info.expires.description, "fingerprint": info.fingerprint, "request": request,
                "mayAdminister": page.user?.role.may(.administrator) == true,
            ], status: problem.map { HTTPResponse.Status(code: $0.code.status) } ?? .ok, problem: problem)
    }
}
