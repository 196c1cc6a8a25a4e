/// One file of the support bundle.
public struct BundleItem: Codable, Equatable, Sendable {
    public var name: String
    public var bytes: Int
    /// What it is, one English sentence; in other languages under `bundle.KIND` in the catalogue.
    public var what: String
    /// A word for programs, as `logs`.
    public var kind: String

    public init(name: String, bytes: Int, what: String, kind: String) {
        self.name = name
        self.bytes = bytes
        self.what = what
        self.kind = kind
    }
}

/// What the API asks for whoever helps from afar; answered by the node that is asked, about itself.
public protocol SupportControl: Sendable {
    /// A tar archive, compressed by gzip, without secrets.
    func supportBundle() async throws -> [UInt8]
    func supportBundleContents() async throws -> [BundleItem]
}

extension Endpoint {
    public static let supportBundle = Endpoint(.get, "/v1/support-bundle", .user(.administrator))
    public static let supportContents = Endpoint(.get, "/v1/support-bundle/contents", .user(.administrator))

    static let ofSupport = [supportBundle, supportContents]
}
