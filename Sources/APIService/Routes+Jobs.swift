import APIProtocol

extension Routes {
    var jobs: [Route] {
        let control = control
        return [
            Route(.jobs) { _ in try await .json(ItemList(control.jobs())) },
            Route(.job) { request in try await .json(control.job(request.id)) },
        ]
    }
}

extension RouteRequest {
    /// - Returns: the job, when the caller prefers not to wait; nil: do it and answer then.
    func job(_ control: any ClusterControl, _ action: @autoclosure () throws -> JobAction) async throws -> RouteAnswer?
    {
        isAsync ? try await .json(control.start(action()), status: 202) : nil
    }
}
