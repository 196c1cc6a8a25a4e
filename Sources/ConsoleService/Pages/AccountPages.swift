import APIProtocol
import Hummingbird

/// One's own password and second factor.
enum AccountPages {
    static let routes = [
        PageRoute.page("/account") { show($0) },
        PageRoute.form("/account/password", changePassword),
        PageRoute.form("/account/second-factor", begin),
        PageRoute.form("/account/second-factor/confirm", confirm),
        PageRoute.form("/account/second-factor/remove", remove),
    ]

    private static func show(_ page: PageRequest, _ more: Fields = [:], problem: APIError? = nil) -> Response {
        var fields: Fields = [
            "name": page.user?.name ?? "", "role": page.words("userRole.\(page.user?.role.rawValue ?? "viewer")"),
            "secondFactor": page.user?.secondFactor == true,
            "mustEnrol": page.user?.mustEnrolSecondFactor == true,
        ]
        fields.merge(more) { $1 }
        return page.render(
            "account", title: page.words("navigation.account"), navigation: .account, fields,
            status: problem.map { HTTPResponse.Status(code: $0.code.status) } ?? .ok, problem: problem)
    }

    @Sendable private static func changePassword(_ page: PageRequest) async throws -> Response {
        let form = try await page.form()
        do {
            guard form.exact("new") == form.exact("repeated") else {
                throw APIError.invalid("repeated", page.words("setup.passwordsDiffer"))
            }
            let change = PasswordChange(old: form.exact("old"), new: form.exact("new"))
            _ = try await page.upstream.call(.changePassword, body: change, as: page.visitor.asker)
        } catch let error as APIError where error.code != .tokenRefused {
            return show(page, problem: error)
        }
        return HTML.redirect("/account?done=password")
    }

    @Sendable private static func begin(_ page: PageRequest) async throws -> Response {
        _ = try await page.form()
        do {
            let secret: SecondFactorSecret = try await page.upstream.get(
                .beginSecondFactor, as: page.visitor.asker)
            return show(
                page, ["enrolling": ["secret": secret.secret, "uri": secret.uri, "form": page.visitor.formToken]])
        } catch let error as APIError where error.code != .tokenRefused {
            return show(page, problem: error)
        }
    }

    @Sendable private static func confirm(_ page: PageRequest) async throws -> Response {
        let form = try await page.form()
        do {
            let codes: RecoveryCodeList = try await page.upstream.get(
                .confirmSecondFactor, body: SecondFactorCode(code: form["code"] ?? ""), as: page.visitor.asker)
            return show(
                page,
                [
                    "codes": codes.recoveryCodes, "hasCodes": true, "secondFactor": true, "mustEnrol": false,
                ])
        } catch let error as APIError where error.code != .tokenRefused {
            return show(
                page, ["enrolling": ["secret": form["secret"] ?? "", "form": page.visitor.formToken]], problem: error)
        }
    }

    @Sendable private static func remove(_ page: PageRequest) async throws -> Response {
        let form = try await page.form()
        do {
            _ = try await page.upstream.call(
                .removeSecondFactor, body: PasswordProof(password: form.exact("password")), as: page.visitor.asker)
        } catch let error as APIError where error.code != .tokenRefused {
            return show(page, problem: error)
        }
        return HTML.redirect("/account?done=secondFactorRemoved")
    }
}
