import Texts

/// What the API asks of the cluster about its license. As in `ClusterControl`, only `APIError` is thrown.
public protocol LicenseControl: Sendable {
    func license() async throws -> LicenseStatus
    /// - Throws: `licenseRefused` with the field `text` and why; nothing has changed then.
    func installLicense(_ text: String) async throws -> LicenseStatus
    /// Without a license nothing is done.
    func removeLicense() async throws
    /// - Throws: `licenseRefused` when it is not a license that this program can read and trust.
    func inspectLicense(_ text: String) async throws -> LicenseInspection
    /// The document that a customer sends to the vendor.
    func licenseRequest() async throws -> String
}

extension APIError {
    /// A license that is not taken.
    /// - Parameters:
    ///   - key: of the sentence in the catalogue.
    ///   - parameters: what the sentence is filled with.
    public static func license(
        _ key: String, field: String = "text", _ parameters: [String: String] = [:]
    ) -> APIError {
        var filling = parameters
        filling["problem.key"] = key
        filling["problem"] = Catalogue.sentence(key, parameters, .english) ?? key
        return APIError(.licenseRefused, field: field, filling)
    }

    /// The same about another field.
    public func at(_ field: String) -> APIError {
        var error = self
        error.field = field
        return error
    }
}

extension Endpoint {
    public static let license = Endpoint(.get, "/v1/license", .user(.viewer))
    public static let installLicense = Endpoint(.put, "/v1/license", .user(.administrator))
    public static let removeLicense = Endpoint(.delete, "/v1/license", .user(.administrator))
    public static let inspectLicense = Endpoint(.post, "/v1/license/inspect", .user(.viewer))
    public static let licenseRequest = Endpoint(.get, "/v1/license/request", .user(.administrator))

    static let ofLicense: [Endpoint] = [license, installLicense, removeLicense, inspectLicense, licenseRequest]

    /// Larger bodies are refused, bytes. A license of the longest size has line feeds, which JSON writes as two bytes.
    public var bodyLimit: Int {
        switch self {
        case .installLicense, .inspectLicense, .setup, .changeSetupDraft: 3 * LicenseText.longest
        // A node tells of all its streams.
        case .heartbeat: 1 << 20
        default: 65_536
        }
    }
}
