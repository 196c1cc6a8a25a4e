import APIProtocol
import ConfigurationCore
import NotificationCore
import Primitives

extension ClusterMember {
    func supportBundle() async throws -> [UInt8] { try await bundle.archive(at: .now) }
    func supportBundleContents() async throws -> [BundleItem] { try await bundle.collect().map(\.item) }

    private var bundle: SupportBundle {
        SupportBundle(
            configuration,
            documents: [
                .init("status.json", "status") { try SupportBundle.pretty(await self.status()) },
                .init("configuration/cluster.json", "configuration") {
                    try SupportBundle.pretty(await self.configuration())
                },
                .init("configuration/notifications.json", "configuration") {
                    try SupportBundle.pretty(await self.targetFacts())
                },
                .init("history/events.json", "events") {
                    try SupportBundle.pretty(await self.events(after: nil, limit: 1_000))
                },
                .init("history/failovers.json", "failovers") {
                    try SupportBundle.pretty(await self.failovers(limit: 200))
                },
                .init("membership/master.json", "epochs") { try SupportBundle.pretty(await self.master()) },
            ])
    }

    /// A webhook's URL may be a secret by itself: only what cannot be one is shown.
    private func targetFacts() async throws -> [TargetFacts] {
        let stored = try await store.get(StoredTargets.self, at: ClusterKeys.notifications)
        return (stored?.value.targets ?? []).map { target in
            TargetFacts(
                id: target.id, kind: target.wish.kind, enabled: target.decided.isEnabled,
                minimumLevel: target.decided.minimumLevel, state: notifications.core?.state(of: target.id))
        }
    }
}

private struct TargetFacts: Encodable {
    let id: String
    let kind: NotificationKind
    let enabled: Bool
    let minimumLevel: EventLevel
    /// Known on the master only.
    let state: NotificationState?
}

extension InstalledNode {
    func supportBundle() async throws -> [UInt8] { try await bundle.archive(at: .now) }
    func supportBundleContents() async throws -> [BundleItem] { try await bundle.collect().map(\.item) }

    private var bundle: SupportBundle {
        SupportBundle(
            configuration,
            documents: [.init("status.json", "status") { try SupportBundle.pretty(await self.status()) }])
    }
}
