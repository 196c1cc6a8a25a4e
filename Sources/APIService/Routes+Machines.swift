import APIProtocol
import CaptureProtocol
import StreamProtocol

extension Routes {
    var machines: [Route] { protecting + steering + opening + sources }

    private var protecting: [Route] {
        let control = control
        return [
            Route(.machines) { _ in try await .json(ItemList(control.machines())) },
            Route(.protect) { try await .json(control.protect($0.decoded(ProtectRequest.self)), status: 201) },
            Route(.machine) { try await .json(control.machine($0.machine())) },
            Route(.changeMachine) { request in
                try await .json(control.changeMachine(request.machine(), request.decoded(MachineChange.self)))
            },
            Route(.unprotect) { request in
                let wish = request.body.isEmpty ? UnprotectRequest() : try request.decoded(UnprotectRequest.self)
                try await control.unprotect(request.machine(), deleteData: wish.deleteData ?? false)
                return .done
            },
        ]
    }

    private var steering: [Route] {
        let control = control
        return [
            Route(.pauseMachine) { request in
                try await control.setPaused(true, machine: request.machine())
                return .done
            },
            Route(.resumeMachine) { request in
                try await control.setPaused(false, machine: request.machine())
                return .done
            },
            Route(.bookmark) { request in
                try await control.bookmark(request.machine(), text: request.decoded(BookmarkRequest.self).text)
                return .done
            },
            Route(.releaseBookmark) { request in
                try await control.releaseBookmark(request.machine(), request.decoded(ReleaseRequest.self))
                return .done
            },
            Route(.verifyMachine) { try await .json(control.verify($0.machine()), status: 202) },
            Route(.renewEnrolment) { try await .json(control.renewEnrolment(of: $0.machine()), status: 201) },
        ]
    }

    private var opening: [Route] {
        let control = control
        return [
            Route(.points) { request in
                try request.checkQuery(allowed: ["before", "limit"])
                let limit = try request.integer("limit", in: 1...1_000) ?? 100
                let points = try await control.points(
                    of: request.machine(), before: request.moment("before"), limit: limit)
                return try .json(ItemList(points))
            },
            Route(.exports) { try await .json(ItemList(control.exports(of: $0.machine()))) },
            Route(.export) { request in
                let wish = try request.decoded(ExportRequest.self)
                return try await .json(control.export(request.machine(), wish), status: 201)
            },
            Route(.withdrawExport) { request in
                try await control.withdrawExport(request.name, of: request.machine())
                return .done
            },
        ]
    }

    private var sources: [Route] {
        let control = control
        return [
            Route(.enrol) { request in
                try await .json(control.enrol(request.machine(), request.decoded(EnrolmentRequest.self)))
            },
            Route(.assignment) { try await .json(control.assignment(of: $0.ownMachine())) },
            Route(.renewSource) { request in
                let machine = try request.ownMachine()
                let wish = try request.decoded(CertificateRequest.self)
                return try await .json(control.renewSourceCertificate(of: machine, wish))
            },
            Route(.nodeCapture) { request in
                _ = try peer()
                return try await .json(control.capture(request.decoded(CaptureRequest.self)))
            },
        ]
    }
}

extension RouteRequest {
    /// The machine named in the path.
    func machine() throws(APIError) -> MachineID {
        guard let machine = MachineID(id) else { throw APIError(.unknownMachine, ["machine": String(id.prefix(64))]) }
        return machine
    }

    /// The machine named in the path, which only itself and root may ask about.
    func ownMachine() throws(APIError) -> MachineID {
        let machine = try machine()
        guard Caller.current.isRoot || Caller.current == .machine(machine) else {
            throw APIError(
                .forbidden, ["needed": "machine \(machine)", "caller": Caller.current.description, "role": "none"])
        }
        return machine
    }

    func moment(_ name: String) throws(APIError) -> Timestamp? {
        guard let text = query[name] else { return nil }
        guard let moment = Timestamp(text) else {
            throw .invalid(name, clause: "moment", ["value": String(text.prefix(64))])
        }
        return moment
    }
}
