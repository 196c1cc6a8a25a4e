import APIProtocol

extension Routes {
    var nodeCare: [Route] {
        let control = control
        return [
            Route(.nodeMetrics) { request in
                try request.checkQuery(allowed: ["minutes"])
                let minutes = try request.integer("minutes", in: 1...1_440) ?? 10
                return try await .json(control.nodeMetrics(request.node(), minutes: minutes))
            },
            Route(.drain) { request in
                try await control.drain(request.node(), waits: !request.isAsync)
                return .done
            },
            Route(.undrain) { request in
                try await control.undrain(request.node())
                return .done
            },
            Route(.locate) { request in
                try await control.locate(request.node(), seconds: request.decoded(LocateRequest.self).seconds)
                return .done
            },
        ]
    }
}
