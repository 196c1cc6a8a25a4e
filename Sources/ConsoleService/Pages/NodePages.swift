import APIProtocol
import Hummingbird
import MembershipCore
import Primitives
import Texts

/// The nodes, one node, and what can be done with it.
enum NodePages {
    static let routes = [
        PageRoute.page("/nodes") { try await list($0) },
        PageRoute.page("/nodes/:id", detail),
        PageRoute.page("/nodes/:id/:verb", confirm),
        PageRoute.form("/nodes/:id/:verb", act),
        PageRoute.form("/nodes/pending/:id/:verb", answer),
        PageRoute.form("/rack", changeRack),
    ]

    /// What can be done with a node; each is asked for once more on a page of its own.
    enum Verb: String, CaseIterable {
        case `switch`, drain, undrain, locate, replace, remove

        var needs: AccessLevel {
            switch self {
            case .switch, .drain, .undrain, .locate: .operator
            case .replace, .remove: .administrator
            }
        }

        var isDangerous: Bool { self == .remove || self == .replace }
    }

    private static func list(_ page: PageRequest, problem: APIError? = nil) async throws -> Response {
        let picture = try await ClusterPicture(page.upstream, as: page.visitor.asker)
        let pending = try await page.upstream.get(
            .pendingNodes, as: page.visitor.asker, of: ItemList<PendingNode>.self
        ).items
        let rack: RackMode = try await page.upstream.get(.rackMode, as: page.visitor.asker)
        return page.render(
            "nodes", title: page.words("navigation.nodes"), navigation: .nodes,
            [
                "nodes": page.console.parts.render("nodes", picture, page.visitor.language),
                "mayOperate": page.user?.role.may(.operator) == true,
                "mayAdminister": page.user?.role.may(.administrator) == true,
                "rack": rack.nodes > 0 ? page.words("setup.rackOpen", ["nodes": "\(rack.nodes)"]) : "",
                "rackUntil": rack.until.map { "\($0)" } ?? "",
                "pending": pending.map { node -> Fields in
                    [
                        "id": node.id.text, "name": node.name, "address": "\(node.address)", "code": node.code,
                        "form": page.visitor.formToken,
                    ]
                },
            ], picture: picture, status: problem.map { HTTPResponse.Status(code: $0.code.status) } ?? .ok,
            problem: problem)
    }

    private static func find(_ page: PageRequest, in picture: ClusterPicture) throws -> NodeStatus {
        let id = page.parameter("id")
        guard let node = picture.status.nodes.first(where: { $0.id.text == id }) else {
            throw APIError(.unknownNode, ["node": String(id.prefix(64))])
        }
        return node
    }

    @Sendable private static func detail(_ page: PageRequest) async throws -> Response {
        let picture = try await ClusterPicture(page.upstream, as: page.visitor.asker)
        let node = try find(page, in: picture)
        var fields = NodeFields.row(node, page.words)
        let verbs = Verb.allCases.filter { page.user?.role.may($0.needs) == true && applies($0, to: node) }
        fields["mayOperate"] = !verbs.isEmpty
        fields["actions"] = verbs.map { verb -> Fields in
            [
                "id": node.id.text, "verb": verb.rawValue, "name": page.words("verb.\(verb.rawValue)"),
                "style": verb.isDangerous ? "danger" : "quiet",
            ]
        }
        fields["charts"] = try await charts(node, page)
        let chosen = span(page)
        fields["spans"] = spans.map { minutes -> Fields in
            [
                "path": "/nodes/\(node.id.text)?minutes=\(minutes)", "current": minutes == chosen,
                "text": minutes < 120
                    ? page.words("console.minutes", ["count": "\(minutes)"])
                    : page.words("console.hours", ["count": "\(minutes / 60)"]),
            ]
        }
        return page.render("node", title: node.name, navigation: .nodes, fields, picture: picture)
    }

    /// Minutes that the charts can show.
    private static let spans = [10, 60, 1_440]

    private static func span(_ page: PageRequest) -> Int {
        page.query("minutes").flatMap(Int.init).flatMap { spans.contains($0) ? $0 : nil } ?? spans[0]
    }

    /// A master that has just taken over has nothing yet.
    private static func charts(_ node: NodeStatus, _ page: PageRequest) async throws -> [Fields] {
        let metrics: NodeMetrics = try await page.upstream.get(
            .nodeMetrics, [node.id.text], query: "minutes=\(span(page))", as: page.visitor.asker)
        let series = metrics.series
        func chart(
            _ key: String, _ values: [Double?], top: Double?, _ text: @escaping (Double) -> String
        ) -> Fields {
            Chart.fields(
                title: page.words(key), values, from: metrics.from, step: metrics.step, top: top, text: text)
        }
        func rate(_ value: Double) -> String { Figures.bytes(UInt64(max(0, value))) + "/s" }
        return [
            chart("console.cpu", series.cpu, top: 100, Figures.percent),
            chart("console.memory", series.memory, top: 100, Figures.percent),
            chart("console.disk", series.disk, top: 100, Figures.percent),
            chart("console.receive", series.receive, top: nil, rate),
            chart("console.transmit", series.transmit, top: nil, rate),
            chart("console.pressure", series.pressureIO, top: 100, Figures.percent),
        ]
    }

    private static func applies(_ verb: Verb, to node: NodeStatus) -> Bool {
        switch verb {
        case .switch: !node.isMaster && node.role == .voter && !node.drained
        case .drain: !node.drained
        case .undrain: node.drained
        case .locate: node.state == .online
        case .remove: !node.isMaster
        case .replace: !node.isMaster && node.state == .silent
        }
    }

    private static func verb(_ page: PageRequest) throws -> Verb {
        guard let verb = Verb(rawValue: page.parameter("verb")) else {
            throw APIError(.notFound, ["path": String(page.request.uri.path.prefix(256))])
        }
        return verb
    }

    @Sendable private static func confirm(_ page: PageRequest) async throws -> Response {
        let picture = try await ClusterPicture(page.upstream, as: page.visitor.asker)
        return ask(page, try find(page, in: picture), try verb(page), picture, problem: nil)
    }

    private static func ask(
        _ page: PageRequest, _ node: NodeStatus, _ verb: Verb, _ picture: ClusterPicture, problem: APIError?
    ) -> Response {
        let words = page.words
        var fields: Fields = [
            "question": words("question.\(verb.rawValue)", ["node": node.name]),
            "consequence": words("consequence.\(verb.rawValue)", ["node": node.name]),
            "action": "/nodes/\(node.id.text)/\(verb.rawValue)", "verb": words("verb.\(verb.rawValue)"),
            "danger": verb.isDangerous, "back": "/nodes/\(node.id.text)",
        ]
        if verb.isDangerous { fields["typed"] = words("console.typeName", ["node": node.name]) }
        if verb == .replace {
            let heirs = picture.status.nodes.filter { $0.role == .spare && $0.id != node.id }
            fields["choices"] = true
            fields["choiceLabel"] = words("console.replaceBy")
            if heirs.isEmpty { fields["obstacle"] = words("console.noHeir") }
            fields["options"] = heirs.map { ["value": $0.id.text, "name": $0.name] }
        }
        return page.render(
            "confirm", title: words("verb.\(verb.rawValue)"), navigation: .nodes, fields, picture: picture,
            status: problem.map { HTTPResponse.Status(code: $0.code.status) } ?? .ok, problem: problem)
    }

    @Sendable private static func act(_ page: PageRequest) async throws -> Response {
        let form = try await page.form()
        let picture = try await ClusterPicture(page.upstream, as: page.visitor.asker)
        let (node, verb) = (try find(page, in: picture), try verb(page))
        do {
            if verb.isDangerous, form["typed"] != node.name {
                throw APIError.invalid("typed", page.words("console.typedOther", ["node": node.name]))
            }
            let answer = try await perform(verb, on: node, form, page)
            return HTML.redirect("/nodes?done=\(page.upstream.isHeld(answer) ? "held" : verb.rawValue)")
        } catch let error as APIError {
            return ask(page, node, verb, picture, problem: error)
        }
    }

    private static func perform(
        _ verb: Verb, on node: NodeStatus, _ form: Form, _ page: PageRequest
    ) async throws -> [UInt8] {
        let (upstream, asker, id) = (page.upstream, page.visitor.asker, node.id.text)
        switch verb {
        // The browser is connected to the virtual address, which moves with the master.
        case .switch:
            return try await upstream.call(.switchMaster, body: SwitchRequest(to: id), waits: false, as: asker)
        case .drain: return try await upstream.call(.drain, [id], waits: false, as: asker)
        case .undrain: return try await upstream.call(.undrain, [id], as: asker)
        case .locate: return try await upstream.call(.locate, [id], body: LocateRequest(seconds: 60), as: asker)
        case .remove: return try await upstream.call(.removeNode, [id], as: asker)
        case .replace:
            guard let heir = form["choice"].flatMap(NodeID.init) else { throw APIError(.missingField, field: "by") }
            return try await upstream.call(.replaceNode, [id], body: Replacement(by: heir), as: asker)
        }
    }

    /// Yes or no to a node that waits.
    @Sendable private static func answer(_ page: PageRequest) async throws -> Response {
        let form = try await page.form()
        let (id, verb) = (page.parameter("id"), page.parameter("verb"))
        return try await attempt(page, done: verb) {
            switch verb {
            case "approve":
                _ = try await page.upstream.call(
                    .approve, [id], body: Approval(code: form["code"] ?? ""), as: page.visitor.asker)
            case "reject": _ = try await page.upstream.call(.reject, [id], as: page.visitor.asker)
            default: throw APIError(.notFound, ["path": String(page.request.uri.path.prefix(256))])
            }
        }
    }

    /// The next nodes without comparing, or no more of them.
    @Sendable private static func changeRack(_ page: PageRequest) async throws -> Response {
        let form = try await page.form()
        let nodes = form["nodes"].flatMap(Int.init)
        return try await attempt(page, done: nodes == 0 ? "rackClosed" : "rackOpened") {
            guard let nodes else { throw APIError(.missingField, field: "nodes") }
            _ = try await page.upstream.call(
                .changeRackMode, body: RackModeChange(nodes: nodes, minutes: form["minutes"].flatMap(Int.init)),
                as: page.visitor.asker)
        }
    }

    /// What is refused is said on the list of the nodes.
    private static func attempt(
        _ page: PageRequest, done: String, _ work: () async throws -> Void
    ) async throws -> Response {
        do {
            try await work()
            return HTML.redirect("/nodes?done=\(done)")
        } catch let error as APIError where error.code != .tokenRefused && error.code.status < 500 {
            return try await list(page, problem: error)
        }
    }
}
