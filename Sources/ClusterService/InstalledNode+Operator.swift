import APIProtocol
import Primitives

/// What operators need beside the cluster needs a cluster as well.
extension InstalledNode {
    func notificationTargets() async throws -> NotificationTargets { throw notSetUp }
    func putNotificationTarget(_ id: String, _ request: NotificationTargetRequest) async throws -> NotificationTarget {
        throw notSetUp
    }
    func deleteNotificationTarget(_ id: String) async throws { throw notSetUp }
    func testNotificationTarget(_ id: String) async throws -> NotificationTestAnswer { throw notSetUp }
    func undeliveredNotifications() async throws -> [UndeliveredNotification] { throw notSetUp }

    func webCertificate() async throws -> WebCertificateInfo { throw notSetUp }
    func setWebCertificate(_ upload: WebCertificateUpload) async throws -> WebCertificateInfo { throw notSetUp }
    func resetWebCertificate() async throws -> WebCertificateInfo { throw notSetUp }
    func requestWebCertificate(_ wish: WebCertificateWish) async throws -> WebCertificateRequest { throw notSetUp }

    func nodeMetrics(_ node: NodeID, minutes: Int) async throws -> NodeMetrics { throw notSetUp }
    func jobs() async throws -> [Job] { [] }
    func job(_ id: String) async throws -> Job { throw APIError(.unknownJob, ["job": id]) }
    func start(_ action: JobAction) async throws -> Job { throw notSetUp }
    func claim(_ request: IdempotentRequest) async throws -> IdempotencyClaim { .unavailable }
    func settle(_ request: IdempotentRequest, ticket: Int64, _ answer: KeptAnswer?) async {}
    func drain(_ node: NodeID, waits: Bool) async throws { throw notSetUp }
    func undrain(_ node: NodeID) async throws { throw notSetUp }
    func locate(_ node: NodeID, seconds: Int) async throws { throw notSetUp }
}
