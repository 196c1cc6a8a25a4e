import APIProtocol
import FoundationEssentials
import Testing

@testable import APIProtocol
@testable import APIService

extension JSONValue {
    subscript(key: String) -> JSONValue? {
        guard case .object(let members) = self else { return nil }
        return members.first { $0.key == key }?.value
    }

    var keys: [String] {
        guard case .object(let members) = self else { return [] }
        return members.map(\.key)
    }

    var text: String? {
        guard case .string(let text) = self else { return nil }
        return text
    }

    /// Sorted keys, so that it can be compared.
    var bytes: [UInt8] {
        let text: String
        switch self {
        case .null: text = "null"
        case .bool(let bool): text = "\(bool)"
        case .number(let number): text = number
        case .string(let string): text = String(decoding: try! JSONEncoder().encode(string), as: UTF8.self)
        case .array(let items):
            text = "[" + items.map { String(decoding: $0.bytes, as: UTF8.self) }.joined(separator: ",") + "]"
        case .object(let members):
            text =
                "{"
                + members.sorted { $0.key < $1.key }
                .map { "\"\($0.key)\":" + String(decoding: $0.value.bytes, as: UTF8.self) }.joined(separator: ",") + "}"
        }
        return Array(text.utf8)
    }
}

@Suite("OpenAPI description")
struct OpenAPITests {
    private let document: JSONValue

    init() throws { document = try JSONParser.parse(PackageResources.openapi_json) }

    private var operations: [(path: String, method: String, operation: JSONValue)] {
        let paths = document["paths"]!
        return paths.keys.flatMap { path in
            paths[path]!.keys.map { (path, $0.uppercased(), paths[path]![$0]!) }
        }
    }

    @Test("Describes exactly the routes that are registered")
    func routes() {
        let routes = Routes(control: FakeControl(), metricsText: { "" })
        let registered = routes.all.map { "\($0.endpoint.method.rawValue) \($0.endpoint.path)" }
        #expect(registered.sorted() == operations.map { "\($0.method) \($0.path)" }.sorted())
        #expect(registered.sorted() == Endpoint.all.map { "\($0.method.rawValue) \($0.path)" }.sorted())
        #expect(document["openapi"]?.text?.hasPrefix("3.1.") == true)
    }

    @Test("Names the role that each route needs")
    func access() throws {
        for (path, method, operation) in operations {
            let endpoint = try #require(Endpoint.all.first { $0.path == path && $0.method.rawValue == method })
            let access =
                switch endpoint.access {
                case .open: "open"
                case .user(let role): role.rawValue
                case .node: "node"
                case .local: "local"
                case .machine: "machine"
                }
            #expect(operation["x-access"]?.text == access, "\(method) \(path)")
        }
    }

    @Test("Lists every error code")
    func codes() {
        guard case .array(let codes)? = document["components"]?["schemas"]?["APIErrorCode"]?["enum"] else {
            Issue.record("no list of codes")
            return
        }
        #expect(codes.compactMap(\.text) == APIErrorCode.allCases.map(\.rawValue))
    }

    /// Decodes with the real type and encodes again: nothing is lost, nothing added.
    func same<T: Codable>(_ type: T.Type) -> ([UInt8]) throws -> Bool {
        { bytes in
            let encoded = try RouteAnswer.json(StrictJSON.decode(type, from: bytes)).body
            return try JSONParser.parse(encoded).bytes == JSONParser.parse(bytes).bytes
        }
    }

    private var checks: [String: ([UInt8]) throws -> Bool] {
        [
            "Health": same(Health.self), "MasterAnswer": same(MasterAnswer.self),
            "ClusterStatus": same(ClusterStatus.self), "NodeStatusList": same(ItemList<NodeStatus>.self),
            "PendingNodeList": same(ItemList<PendingNode>.self), "ClusterEventList": same(ItemList<ClusterEvent>.self),
            "FailoverList": same(ItemList<Failover>.self), "ClusterConfiguration": same(ClusterConfiguration.self),
            "ConfigurationChange": same(ConfigurationChange.self), "SetupRequest": same(SetupRequest.self),
            "SetupStatus": same(SetupStatus.self), "SwitchRequest": same(SwitchRequest.self),
            "SwitchAnswer": same(SwitchAnswer.self), "Approval": same(Approval.self),
            "Replacement": same(Replacement.self), "JoinTokenRequest": same(JoinTokenRequest.self),
            "CreatedJoinToken": same(CreatedJoinToken.self), "JoinTokenInfoList": same(ItemList<JoinTokenInfo>.self),
            "UserTokenRequest": same(UserTokenRequest.self), "CreatedUserToken": same(CreatedUserToken.self),
            "UserTokenInfoList": same(ItemList<UserTokenInfo>.self), "JoinRequest": same(JoinRequest.self),
            "JoinAnswer": same(JoinAnswer.self), "NodeReport": same(NodeReport.self),
            "HeartbeatAnswer": same(HeartbeatAnswer.self), "CertificateRequest": same(CertificateRequest.self),
            "CertificateAnswer": same(CertificateAnswer.self), "APIError": same(APIError.self),
            "AuthorityAnswer": same(AuthorityAnswer.self), "LicenseText": same(LicenseText.self),
            "LicenseStatus": same(LicenseStatus.self), "LicenseInspection": same(LicenseInspection.self),
        ].merging(accessChecks) { first, _ in first }.merging(setupChecks) { first, _ in first }
            .merging(machineChecks) { first, _ in first }
    }

    private var setupChecks: [String: ([UInt8]) throws -> Bool] {
        [
            "SetupCodeAnswer": same(SetupCodeAnswer.self), "SetupSession": same(SetupSession.self),
            "SetupSessionRequest": same(SetupSessionRequest.self), "SetupDraft": same(SetupDraft.self),
            "SetupDraftChange": same(SetupDraftChange.self), "SetupChecks": same(SetupChecks.self),
            "SetupChecksRequest": same(SetupChecksRequest.self), "SetupStart": same(SetupStart.self),
            "WebCertificateInfo": same(WebCertificateInfo.self),
            "WebCertificateUpload": same(WebCertificateUpload.self),
            "WebCertificateWish": same(WebCertificateWish.self),
            "WebCertificateRequest": same(WebCertificateRequest.self), "RackMode": same(RackMode.self),
            "RackModeChange": same(RackModeChange.self),
            "Job": same(Job.self), "JobList": same(ItemList<Job>.self),
            "BundleItemList": same(ItemList<BundleItem>.self),
            "NodeMetrics": same(NodeMetrics.self),
            "LocateRequest": same(LocateRequest.self), "NotificationTargets": same(NotificationTargets.self),
            "NotificationTarget": same(NotificationTarget.self),
            "NotificationTargetRequest": same(NotificationTargetRequest.self),
            "NotificationTestAnswer": same(NotificationTestAnswer.self),
            "UndeliveredNotificationList": same(ItemList<UndeliveredNotification>.self),
        ]
    }

    /// Every media object with an example: `{schema: {$ref}, example}`.
    private func examples(in value: JSONValue) -> [(schema: String, example: JSONValue)] {
        switch value {
        case .object(let members):
            if let example = value["example"], let reference = value["schema"]?["$ref"]?.text {
                return [(String(reference.split(separator: "/").last ?? ""), example)]
            }
            return members.flatMap { examples(in: $0.value) }
        case .array(let items): return items.flatMap { examples(in: $0) }
        default: return []
        }
    }

    @Test("Examples are what the types read and write")
    func exampleBodies() throws {
        let found = examples(in: document)
        #expect(Set(found.map(\.schema)) == Set(checks.keys))
        for (schema, example) in found {
            let check = try #require(checks[schema], "no type for the schema \(schema)")
            #expect(try check(example.bytes), "\(schema)")
        }
    }

    @Test("Examples and schemas have the same members")
    func schemas() throws {
        let schemas = try #require(document["components"]?["schemas"])
        for (name, example) in examples(in: document) {
            let schema = try #require(schemas[name])
            let properties = schema["properties"]?.keys ?? []
            #expect(Set(example.keys).isSubset(of: properties), "\(name)")
            guard case .array(let required)? = schema["required"] else { continue }
            #expect(Set(required.compactMap(\.text)).isSubset(of: example.keys), "\(name)")
        }
    }
}
