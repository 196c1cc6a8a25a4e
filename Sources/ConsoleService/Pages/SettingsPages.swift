import APIProtocol
import FoundationEssentials
import Hummingbird
import NIOCore
import Primitives

/// What an administrator may change, and the description of the API.
enum SettingsPages {
    static let routes = [
        PageRoute.page("/settings") { try await show($0, problem: nil) },
        PageRoute.form("/settings/profile") { page in
            let form = try await page.form()
            let profile = form["profile"].flatMap(ProfileChoice.init(rawValue:))
            return try await change(page, ConfigurationChange(profile: profile))
        },
        PageRoute.form("/settings/vip") { page in
            let form = try await page.form()
            let addresses = form.list("vip")
            let vip = addresses.compactMap { Subnet($0) }
            guard vip.count == addresses.count else {
                return try await show(page, problem: .invalid("vip", page.words("console.vipHint")))
            }
            return try await change(page, ConfigurationChange(vip: vip))
        },
        PageRoute.page("/authority.crt", for: .everybody) { page in
            let answer: AuthorityAnswer = try await page.upstream.get(.authority, as: page.visitor.asker)
            return Response(
                status: .ok, headers: [.contentType: "application/x-x509-ca-cert"],
                body: ResponseBody(byteBuffer: ByteBuffer(string: answer.authority)))
        },
        PageRoute.page("/settings/recovery-kit") { try await SetupStartPages.recoveryKit($0) },
        PageRoute.page("/api", api),
    ]

    private static func change(_ page: PageRequest, _ change: ConfigurationChange) async throws -> Response {
        do {
            _ = try await page.upstream.call(.changeConfiguration, body: change, as: page.visitor.asker)
        } catch let error as APIError {
            return try await show(page, problem: error)
        }
        return HTML.redirect("/settings?done=saved")
    }

    private static func show(_ page: PageRequest, problem: APIError?) async throws -> Response {
        let asker = page.visitor.asker
        let picture = try await ClusterPicture(page.upstream, as: asker)
        let settings: ClusterConfiguration = try await page.upstream.get(.configuration, as: asker)
        let profile = picture.status.profile
        return page.render(
            "settings", title: page.words("navigation.settings"), navigation: .settings,
            [
                "mayAdminister": page.user?.role.may(.administrator) == true,
                "vip": settings.vip.map(\.description).joined(separator: ", "),
                "profileNow": page.words(
                    "status.profileState",
                    [
                        "active": page.words("profileName.\(profile.active.rawValue)"),
                        "chosen": page.words("profileName.\(profile.chosen.rawValue)"),
                        "renew": "\(Int(profile.renewMilliseconds))", "fence": "\(Int(profile.fenceMilliseconds))",
                        "take": "\(Int(profile.takeMilliseconds))",
                    ]),
                "profiles": ProfileChoice.allCases.map { choice -> Fields in
                    [
                        "id": choice.rawValue, "name": page.words("profileName.\(choice.rawValue)"),
                        "selected": choice == settings.profile,
                    ]
                },
            ], picture: picture, status: problem.map { HTTPResponse.Status(code: $0.code.status) } ?? .ok,
            problem: problem)
    }

    /// The description as a page that needs nothing from elsewhere.
    @Sendable private static func api(_ page: PageRequest) async throws -> Response {
        let bytes = try await page.upstream.call(.openAPI, as: page.visitor.asker)
        let description = try JSONDecoder().decode(APIDescription.self, from: Data(bytes))
        let groups = Dictionary(grouping: description.operations, by: \.group).sorted { $0.key < $1.key }
        return page.render(
            "api", title: page.words("console.api"), navigation: .settings,
            [
                "groups": groups.map { group -> Fields in
                    [
                        "name": group.key,
                        "operations": group.value.map {
                            ["method": $0.method, "path": $0.path, "summary": $0.summary]
                        },
                    ]
                }
            ])
    }
}

/// What the page about the API takes from the OpenAPI description.
private struct APIDescription: Decodable {
    struct Details: Decodable {
        let summary: String?
    }

    let paths: [String: [String: Details]]

    var operations: [(group: String, method: String, path: String, summary: String)] {
        paths.sorted { $0.key < $1.key }.flatMap { path, methods in
            methods.sorted { $0.key < $1.key }.map { method, details in
                let parts = path.split(separator: "/")
                let group = parts.first == "v1" ? parts.dropFirst().first : parts.first
                return (String(group ?? ""), method.uppercased(), path, details.summary ?? "")
            }
        }
    }
}
