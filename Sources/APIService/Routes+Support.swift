import APIProtocol

extension Routes {
    var support: [Route] {
        let control = control
        return [
            Route(.supportBundle) { _ in
                RouteAnswer(
                    status: 200, contentType: "application/gzip", body: try await control.supportBundle())
            },
            Route(.supportContents) { _ in try await .json(ItemList(control.supportBundleContents())) },
        ]
    }
}
