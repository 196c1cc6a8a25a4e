import Primitives

/// What the API asks about one node beside its membership.
public protocol NodeCareControl: Sendable {
    /// Answered by the master, which hears the reports.
    /// - Parameter minutes: 1 to 1440.
    func nodeMetrics(_ node: NodeID, minutes: Int) async throws -> NodeMetrics
    /// The node stands for master no longer; a master hands over.
    /// - Parameter waits: until another node is master; else it hands over once the answer is out.
    /// - Throws: `noTarget` when nobody would be left to stand.
    func drain(_ node: NodeID, waits: Bool) async throws
    func undrain(_ node: NodeID) async throws
    /// The node makes itself known to whoever stands before it; an event tells how.
    func locate(_ node: NodeID, seconds: Int) async throws
}

/// Asks a node to make itself known.
public struct LocateRequest: Codable, Equatable, Sendable {
    /// 1 to 300.
    public var seconds: Int

    public init(seconds: Int) { self.seconds = seconds }
}

extension LocateRequest: Validatable {
    public func validate() throws(APIError) { try Rule.range(seconds, 1...300, "seconds") }
}

extension Endpoint {
    public static let nodeMetrics = Endpoint(.get, "/v1/nodes/{id}/metrics", .user(.viewer))
    public static let drain = Endpoint(.post, "/v1/nodes/{id}/drain", .user(.operator))
    public static let undrain = Endpoint(.post, "/v1/nodes/{id}/undrain", .user(.operator))
    public static let locate = Endpoint(.post, "/v1/nodes/{id}/locate", .user(.operator))

    static let ofNodeCare = [nodeMetrics, drain, undrain, locate]
}
