import APIProtocol
import CaptureProtocol
import Hummingbird
import Primitives
import StreamProtocol
import Texts

/// Protected machines, and one with its points in time.
enum MachinePages {
    static let routes =
        [
            PageRoute.page("/machines") { try await list($0) },
            PageRoute.form("/machines", protect),
            PageRoute.page("/machines/:id", detail),
        ] + MachineActions.routes

    private static func list(_ page: PageRequest, problem: APIError? = nil) async throws -> Response {
        let picture = try await ClusterPicture(page.upstream, as: page.visitor.asker)
        return page.render(
            "machines", title: page.words("navigation.machines"), navigation: .machines,
            [
                "machines": page.console.parts.render("machines", picture, page.visitor.language),
                "mayAdminister": page.user?.role.may(.administrator) == true, "isOpen": problem != nil,
            ], picture: picture, status: problem.map { HTTPResponse.Status(code: $0.code.status) } ?? .ok,
            problem: problem)
    }

    /// The token is shown on the page that answers, and nowhere else.
    @Sendable private static func protect(_ page: PageRequest) async throws -> Response {
        let form = try await page.form()
        do {
            let answer: ProtectAnswer = try await page.upstream.get(
                .protect, body: try request(form), as: page.visitor.asker)
            return token(page, answer.enrolment, machine: answer.machine)
        } catch let error as APIError where error.code != .tokenRefused && error.code.status < 500 {
            return try await list(page, problem: error)
        }
    }

    static func token(_ page: PageRequest, _ token: EnrolmentToken, machine: Machine) -> Response {
        page.render(
            "machine-token", title: machine.name, navigation: .machines,
            [
                "id": machine.id.description, "name": machine.name, "token": token.token,
                "expires": token.expires.description, "fingerprint": token.authorityFingerprint,
            ])
    }

    private static func request(_ form: Form) throws(APIError) -> ProtectRequest {
        ProtectRequest(
            name: form["name"] ?? "", volumes: try volumes(form.exact("volumes")),
            level: form["replicated"] == nil ? .durable : .replicated,
            lagTargetSeconds: try number(form, "lagTargetSeconds"),
            retentionSeconds: try number(form, "retentionHours").map { $0 * 3_600 })
    }

    /// One `NAME=SIZE` on a line, or `NAME=SIZE/BLOCK`.
    static func volumes(_ text: String) throws(APIError) -> [MachineVolume] {
        var volumes: [MachineVolume] = []
        for line in text.split(whereSeparator: \.isNewline).map({ $0.filter { !$0.isWhitespace } }) where !line.isEmpty
        {
            let parts = line.split(separator: "=").map(String.init)
            let sizes = parts.count == 2 ? parts[1].split(separator: "/").map(String.init) : []
            guard (1...2).contains(sizes.count), let size = Figures.byteCount(sizes[0]) else {
                throw .invalid("volumes", clause: "volumeLine", ["value": String(line.prefix(64))])
            }
            var volume = MachineVolume(name: parts[0], sizeBytes: size)
            if sizes.count == 2 {
                guard let block = Int(sizes[1]) else {
                    throw .invalid("volumes", clause: "volumeLine", ["value": String(line.prefix(64))])
                }
                volume.blockSize = block
            }
            volumes.append(volume)
        }
        return volumes
    }

    /// - Returns: nil when the field is empty.
    static func number(_ form: Form, _ field: String) throws(APIError) -> Int? {
        guard let text = form[field] else { return nil }
        guard let number = Int(text), number.magnitude < 1_000_000_000 else {
            throw .invalid(field, clause: "wholeNumber", ["value": String(text.prefix(32))])
        }
        return number
    }

    static func find(_ page: PageRequest, in picture: ClusterPicture) throws(APIError) -> Machine {
        let id = page.parameter("id")
        guard let machine = picture.machines.first(where: { $0.id.description == id }) else {
            throw APIError(.unknownMachine, ["machine": String(id.prefix(64))])
        }
        return machine
    }

    @Sendable private static func detail(_ page: PageRequest) async throws -> Response {
        let picture = try await ClusterPicture(page.upstream, as: page.visitor.asker)
        let machine = try find(page, in: picture)
        let id = machine.id.description
        let mayOperate = page.user?.role.may(.operator) == true
        var fields: Fields = [
            "id": id, "live": page.console.parts.render("machine-\(id)", picture, page.visitor.language),
            "volumes": machine.volumes.map { volume -> Fields in
                [
                    "name": volume.name, "size": Figures.bytes(volume.sizeBytes),
                    "block": "\(volume.blockSize ?? 512)",
                ]
            },
            "actions": MachineActions.links(machine, page), "mayOperate": mayOperate,
        ]
        // What a node does not answer for is said; the page stands all the same.
        do {
            let points: ItemList<MachinePoint> = try await page.upstream.get(
                .points, [id], query: "limit=\(Timeline.count)", as: page.visitor.asker)
            let timeline = Timeline.fields(points.items, page.words, machine: id, mayOpen: mayOperate)
            if !timeline.isEmpty { fields["timeline"] = timeline }
            let exports: ItemList<MachineExport> = try await page.upstream.get(
                .exports, [id], as: page.visitor.asker)
            fields["exports"] = exports.items.map { row($0, picture, page, mayOperate) }
        } catch let error as APIError where error.code != .tokenRefused {
            fields["pointsProblem"] = PageRequest.sentence(error, page.visitor.language)
        }
        fields["verification"] = try await verification(machine, page)
        return page.render("machine", title: machine.name, navigation: .machines, fields, picture: picture)
    }

    private static func row(
        _ export: MachineExport, _ picture: ClusterPicture, _ page: PageRequest, _ mayOperate: Bool
    ) -> Fields {
        var fields: Fields = [
            "name": export.name, "node": picture.name(of: export.node) ?? "", "iso": export.point.at.description,
            "urls": export.volumes.map { ["url": "nbd+unix:///\($0)?socket=\(export.socket)"] as Fields },
            "writable": page.words(export.writable ? "word.yes" : "word.no"),
        ]
        if mayOperate {
            fields["end"] = page.request.uri.path + "/exports/\(export.name)/end"
            fields["form"] = page.visitor.formToken
        }
        return fields
    }

    /// The latest one, under way or done.
    private static func verification(_ machine: Machine, _ page: PageRequest) async throws -> Fields? {
        let jobs: ItemList<Job> = try await page.upstream.get(.jobs, as: page.visitor.asker)
        guard let job = jobs.items.first(where: { $0.machine == machine.id && $0.kind == .verify }) else { return nil }
        return [
            "state": page.words("jobState.\(job.state.rawValue)"), "iso": job.startedAt.description,
            "percent": "\(Int(((job.progress ?? 0) * 100).rounded(.down)))",
            "findings": job.findings ?? [], "sound": job.state == .done && (job.findings ?? []).isEmpty,
            "error": job.error.map { PageRequest.sentence($0, page.visitor.language) } ?? "",
        ]
    }
}
