import APIProtocol

extension Routes {
    var license: [Route] {
        let control = control
        return [
            Route(.license) { _ in try await .json(control.license()) },
            Route(.installLicense) { request in
                try await .json(control.installLicense(request.decoded(LicenseText.self).text))
            },
            Route(.removeLicense) { _ in
                try await control.removeLicense()
                return .done
            },
            Route(.inspectLicense) { request in
                try await .json(control.inspectLicense(request.decoded(LicenseText.self).text))
            },
            Route(.licenseRequest) { _ in
                RouteAnswer(
                    status: 200, contentType: "text/plain; charset=utf-8",
                    body: Array(try await control.licenseRequest().utf8))
            },
        ]
    }
}
