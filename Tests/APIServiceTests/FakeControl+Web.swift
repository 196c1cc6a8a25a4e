import APIProtocol

extension FakeControl {
    static let webCertificate = WebCertificateInfo(
        isOwn: true, subject: "CN=demo,O=Keelson", issuer: "CN=demo CA,O=Keelson", names: ["10.77.0.50", "demo"],
        expires: stamp, fingerprint: "AB:CD")

    func webCertificate() async throws -> WebCertificateInfo {
        try note("webCertificate")
        return Self.webCertificate
    }
    func setWebCertificate(_ upload: WebCertificateUpload) async throws -> WebCertificateInfo {
        try note("setWebCertificate")
        return Self.webCertificate
    }
    func resetWebCertificate() async throws -> WebCertificateInfo {
        try note("resetWebCertificate")
        return Self.webCertificate
    }
    func requestWebCertificate(_ wish: WebCertificateWish) async throws -> WebCertificateRequest {
        try note("requestWebCertificate \(wish.names)")
        return WebCertificateRequest(request: "-----BEGIN CERTIFICATE REQUEST-----")
    }
}
