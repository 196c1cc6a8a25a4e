/// What browsers see at the virtual address.
public struct WebCertificateInfo: Codable, Equatable, Sendable {
    /// Whether the cluster's CA has issued it, and renews it.
    public var isOwn: Bool
    public var subject: String
    public var issuer: String
    /// DNS names and addresses.
    public var names: [String]
    public var expires: Timestamp
    /// SHA-256 of the certificate, as `AB:CD:…`.
    public var fingerprint: String

    public init(
        isOwn: Bool, subject: String, issuer: String, names: [String], expires: Timestamp, fingerprint: String
    ) {
        self.isOwn = isOwn
        self.subject = subject
        self.issuer = issuer
        self.names = names
        self.expires = expires
        self.fingerprint = fingerprint
    }
}

/// Another certificate for the virtual address.
public struct WebCertificateUpload: Codable, Equatable, Sendable {
    /// PEM: the certificate itself first, then those that lead to its root.
    public var certificates: String
    /// PEM; nil: the key of the last signing request.
    public var key: String?

    public init(certificates: String, key: String? = nil) {
        self.certificates = certificates
        self.key = key
    }
}

/// Asks for a certificate signing request; its key stays in the cluster.
public struct WebCertificateWish: Codable, Equatable, Sendable {
    /// DNS names, the first one is the subject.
    public var names: [String]

    public init(names: [String]) { self.names = names }
}

/// PKCS #10 in PEM, for an authority of the customer's.
public struct WebCertificateRequest: Codable, Equatable, Sendable {
    public var request: String

    public init(request: String) { self.request = request }
}

/// What the API asks of the cluster about the certificate of the virtual address.
public protocol WebCertificateControl: Sendable {
    func webCertificate() async throws -> WebCertificateInfo
    /// - Throws: `invalidValue` naming the field; nothing has changed then.
    func setWebCertificate(_ upload: WebCertificateUpload) async throws -> WebCertificateInfo
    /// Back to the cluster's own.
    func resetWebCertificate() async throws -> WebCertificateInfo
    func requestWebCertificate(_ wish: WebCertificateWish) async throws -> WebCertificateRequest
}

extension Endpoint {
    public static let webCertificate = Endpoint(.get, "/v1/web-certificate", .user(.viewer))
    public static let setWebCertificate = Endpoint(.put, "/v1/web-certificate", .user(.administrator))
    public static let resetWebCertificate = Endpoint(.delete, "/v1/web-certificate", .user(.administrator))
    public static let requestWebCertificate = Endpoint(.post, "/v1/web-certificate/request", .user(.administrator))

    static let ofWebCertificate = [webCertificate, setWebCertificate, resetWebCertificate, requestWebCertificate]
}

extension WebCertificateUpload: Validatable {
    public func validate() throws(APIError) {
        for (field, text) in [("certificates", certificates), ("key", key ?? "-----BEGIN ")] {
            guard text.utf8.count <= 32_768, text.hasPrefix("-----BEGIN ") else {
                throw .invalid(field, clause: "webPEM")
            }
        }
    }
}

extension WebCertificateWish: Validatable {
    public func validate() throws(APIError) {
        guard (1...16).contains(names.count) else { throw .invalid("names", clause: "webNames") }
        for (index, name) in names.enumerated() { try Rule.name(name, "names[\(index)]") }
    }
}
