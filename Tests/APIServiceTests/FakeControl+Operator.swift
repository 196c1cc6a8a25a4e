import APIProtocol
import Primitives
import Synchronization
import Texts

extension FakeControl {
    static let target = NotificationTarget(
        id: "ops", kind: .webhook, name: "Operators", enabled: true, minimumLevel: .warning, kinds: [],
        language: .english, webhook: .init(url: "https://example.com/hook", secretSet: true, ca: nil),
        state: NotificationState(pending: 1, delivered: 7, failed: 0, lastDelivered: stamp))

    func notificationTargets() async throws -> NotificationTargets {
        try note("notificationTargets")
        return NotificationTargets(targets: [Self.target])
    }
    func putNotificationTarget(_ id: String, _ request: NotificationTargetRequest) async throws -> NotificationTarget {
        try note("putNotificationTarget \(id) \(request.kind)")
        return Self.target
    }
    func deleteNotificationTarget(_ id: String) async throws { try note("deleteNotificationTarget \(id)") }
    func testNotificationTarget(_ id: String) async throws -> NotificationTestAnswer {
        try note("testNotificationTarget \(id)")
        return NotificationTestAnswer(delivered: true, milliseconds: 12)
    }
    func undeliveredNotifications() async throws -> [UndeliveredNotification] {
        try note("undeliveredNotifications")
        return []
    }

    func nodeMetrics(_ node: NodeID, minutes: Int) async throws -> NodeMetrics {
        try note("nodeMetrics \(node) \(minutes)")
        return NodeMetrics(
            step: 1, from: Self.stamp,
            series: .init(cpu: [nil], memory: [nil], disk: [nil], receive: [nil], transmit: [nil], pressureIO: [nil]))
    }
    static let job = Job(
        id: "0a", kind: .removeNode, state: .running, progress: 0.5, startedAt: stamp,
        steps: [JobStep(name: "removed", state: .done), JobStep(name: "voteGone", state: .running)], node: node,
        who: "anna")

    func jobs() async throws -> [Job] {
        try note("jobs")
        return [Self.job]
    }
    func job(_ id: String) async throws -> Job {
        try note("job \(id)")
        return Self.job
    }
    func start(_ action: JobAction) async throws -> Job {
        try note("start \(action)")
        return Self.job
    }
    func claim(_ request: IdempotentRequest) async throws -> IdempotencyClaim { try answers.claim(request) }
    func settle(_ request: IdempotentRequest, ticket: Int64, _ answer: KeptAnswer?) async {
        answers.settle(request, answer)
    }
    func supportBundle() async throws -> [UInt8] {
        try note("supportBundle")
        return [0x1F, 0x8B]
    }
    func supportBundleContents() async throws -> [BundleItem] {
        try note("supportBundleContents")
        return [BundleItem(name: "keelson-n1/versions.json", bytes: 7, what: "Versions.", kind: "versions")]
    }
    func drain(_ node: NodeID, waits: Bool) async throws { try note("drain \(node)\(waits ? "" : " later")") }
    func undrain(_ node: NodeID) async throws { try note("undrain \(node)") }
    func locate(_ node: NodeID, seconds: Int) async throws { try note("locate \(node) \(seconds)") }
}

/// What a cluster remembers of idempotent requests, in memory.
final class FakeAnswers: Sendable {
    private let known = Mutex<[String: (request: IdempotentRequest, answer: KeptAnswer?)]>([:])

    func claim(_ request: IdempotentRequest) throws -> IdempotencyClaim {
        try known.withLock { known in
            guard let old = known[request.caller + request.key] else {
                known[request.caller + request.key] = (request, nil)
                return .first(ticket: 1)
            }
            guard old.request == request else { throw APIError(.idempotencyMismatch) }
            guard let answer = old.answer else { throw APIError(.idempotencyUnfinished) }
            return .answered(answer)
        }
    }

    func settle(_ request: IdempotentRequest, _ answer: KeptAnswer?) {
        known.withLock { $0[request.caller + request.key] = answer.map { (request, $0) } }
    }
}
