import APIProtocol
import Hummingbird
import Primitives

/// The wizard's step of the nodes: those that wait, by comparing six digits, or the next ones without comparing.
enum SetupNodePages {
    /// The part of the step that changes by itself.
    static func list(_ page: PageRequest) async throws -> Response {
        try await SetupPages.withDraft(page) { HTML.response(try await fragment(page, $0)) }
    }

    static func fragment(_ page: PageRequest, _ draft: SetupDraft) async throws -> String {
        let waiting = try await page.upstream.get(
            .pendingNodes, as: page.visitor.asker, of: ItemList<PendingNode>.self
        ).items
        let approved = Set(draft.approved.map(\.id))
        return page.console.renderer.render(
            "setup-nodes-live",
            [
                "form": page.visitor.formToken,
                "approved": draft.approved.map { ["name": $0.name, "id": $0.id.text] },
                "pending": waiting.filter { !approved.contains($0.id) }.map { node -> Fields in
                    [
                        "id": node.id.text, "name": node.name, "address": "\(node.address)",
                        "form": page.visitor.formToken,
                    ]
                },
                "rack": draft.rack.map { page.words("setup.rackOpen", ["nodes": "\($0.nodes)"]) } ?? "",
            ], page.visitor.language)
    }

    static func answer(_ page: PageRequest) async throws -> Response {
        let form = try await page.form()
        let (id, verb) = (page.parameter("id"), page.parameter("verb"))
        return try await SetupPages.withDraft(page) { draft in
            do {
                switch verb {
                case "approve":
                    _ = try await page.upstream.call(
                        .approve, [id], body: Approval(code: form["code"] ?? ""), as: page.visitor.asker)
                case "reject": _ = try await page.upstream.call(.reject, [id], as: page.visitor.asker)
                default: throw APIError(.notFound, ["path": String(page.request.uri.path.prefix(256))])
                }
                return HTML.redirect("/setup/6")
            } catch let error as APIError where error.code.status != 401 {
                return try await SetupPages.show(page, .nodes, draft, problem: error)
            }
        }
    }

    static func changeRack(_ page: PageRequest) async throws -> Response {
        let form = try await page.form()
        return try await SetupPages.withDraft(page) { draft in
            do {
                guard let count = form["count"].flatMap(Int.init) else {
                    throw APIError.invalid("count", page.words("setup.rackCount"))
                }
                _ = try await page.upstream.call(
                    .changeRackMode, body: RackModeChange(nodes: count, minutes: 30), as: page.visitor.asker)
                return HTML.redirect("/setup/6")
            } catch let error as APIError where error.code.status != 401 {
                return try await SetupPages.show(page, .nodes, draft, problem: error)
            }
        }
    }
}
