import APIProtocol
import Hummingbird
import NIOCore
import Primitives
import Texts

/// Who has done what, and whether the trail is whole; and what waits for a second pair of eyes.
enum AuditPages {
    private static let pageSize = 100

    static let routes = [
        PageRoute.page("/audit", trail),
        PageRoute.page("/audit/export") { page in
            let lines = try await page.upstream.call(.exportAudit, as: page.visitor.asker)
            return Response(
                status: .ok,
                headers: [
                    .contentType: "application/x-ndjson",
                    .contentDisposition: "attachment; filename=\"keelson-audit.ndjson\"",
                ], body: ResponseBody(byteBuffer: ByteBuffer(bytes: lines)))
        },
        PageRoute.page("/approvals") { try await approvals($0) },
        PageRoute.form("/approvals/:id/:verb", answer),
    ]

    @Sendable private static func trail(_ page: PageRequest) async throws -> Response {
        let (asker, words) = (page.visitor.asker, page.words)
        let report: AuditReport = try await page.upstream.get(.verifyAudit, as: asker)
        let after = page.query("after").flatMap(Int64.init)
        let query = "limit=\(pageSize)" + (after.map { "&after=\($0)" } ?? "")
        let entries = try await page.upstream.get(.audit, query: query, as: asker, of: ItemList<AuditEntry>.self).items
        let first = entries.first?.number ?? 1
        return page.render(
            "audit", title: words("navigation.audit"), navigation: .audit,
            [
                "tone": report.intact ? "good" : "bad",
                "word": report.intact
                    ? words("auditPage.intact", ["entries": "\(report.entries)"])
                    : words("auditPage.broken", ["number": report.firstBroken.map { "\($0)" } ?? "?"]),
                "entries": entries.reversed().map { entry -> Fields in
                    [
                        "number": "\(entry.number)", "iso": entry.at.description, "who": entry.who,
                        "client": entry.client ?? "", "action": action(entry.action, words), "target": entry.target,
                        "outcome": Catalogue.template("auditOutcome.\(entry.outcome)", words.language)
                            ?? entry.outcome,
                    ]
                },
                "older": first > 1 ? "/audit?after=\(max(0, first - 1 - Int64(pageSize)))" : "",
            ])
    }

    private static func action(_ action: String, _ words: Words) -> String {
        Catalogue.template("auditAction.\(action)", words.language) ?? action
    }

    private static func approvals(_ page: PageRequest, problem: APIError? = nil) async throws -> Response {
        let items = try await page.upstream.get(
            .approvals, as: page.visitor.asker, of: ItemList<ApprovalInfo>.self
        ).items
        // Who approves must see which node it is.
        let nodes = try await page.upstream.get(.nodes, as: page.visitor.asker, of: ItemList<NodeStatus>.self).items
        let names = Dictionary(
            nodes.map { ($0.id.text, "\($0.name) (\($0.id.text))") }, uniquingKeysWith: { first, _ in first })
        return page.render(
            "approvals", title: page.words("navigation.approvals"), navigation: .approvals,
            [
                "approvals": items.map { item -> Fields in
                    [
                        "id": item.id, "action": action(item.action, page.words),
                        "target": names[item.target] ?? item.target, "by": item.by,
                        "iso": item.at.description, "expires": item.expires.description,
                        "form": page.visitor.formToken,
                    ]
                }
            ], status: problem.map { HTTPResponse.Status(code: $0.code.status) } ?? .ok, problem: problem)
    }

    @Sendable private static func answer(_ page: PageRequest) async throws -> Response {
        _ = try await page.form()
        let (id, asker) = (page.parameter("id"), page.visitor.asker)
        do {
            switch page.parameter("verb") {
            case "approve": _ = try await page.upstream.call(.approveRequest, [id], as: asker)
            case "reject": _ = try await page.upstream.call(.rejectRequest, [id], as: asker)
            default: throw APIError(.notFound, ["path": String(page.request.uri.path.prefix(256))])
            }
        } catch let error as APIError where error.code != .tokenRefused && error.code.status < 500 {
            return try await approvals(page, problem: error)
        }
        return HTML.redirect(
            "/approvals?done=\(page.parameter("verb") == "approve" ? "requestApproved" : "requestRejected")")
    }
}
