import APIProtocol

/// The certificate of the virtual address.
extension Routes {
    var webCertificate: [Route] {
        let control = control
        return [
            Route(.webCertificate) { _ in try await .json(control.webCertificate()) },
            Route(.setWebCertificate) { request in
                try await .json(control.setWebCertificate(request.decoded(WebCertificateUpload.self)))
            },
            Route(.resetWebCertificate) { _ in try await .json(control.resetWebCertificate()) },
            Route(.requestWebCertificate) { request in
                try await .json(control.requestWebCertificate(request.decoded(WebCertificateWish.self)), status: 201)
            },
        ]
    }
}
