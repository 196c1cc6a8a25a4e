import APIProtocol
import Etcd
import LicenseCore
import Primitives

extension ClusterKeys {
    /// `StoredLicense`.
    static let license = "cluster/license"
    /// `LicenseTold`: the last state of the license that the events tell of.
    static let licenseTold = "cluster/license-told"
    /// `ClockRecord`.
    static let clock = "cluster/clock"
    /// `HardwarePrint`.
    static let hardware = "cluster/hardware/"
    static func hardware(_ id: NodeID) -> String { hardware + id.text }
}

/// The cluster's license: signed data, as the vendor wrote it.
struct StoredLicense: Codable, Equatable, Sendable {
    var text: String
    var installed: Timestamp
    var by: String

    /// By whom a license was installed that came with the founding.
    static let founding = "The founding of the cluster"
}

/// What a license is judged by, beside the nodes.
struct ClockRecord: Codable, Equatable, Sendable {
    var founded: Timestamp
    /// The latest wall clock that the cluster has seen.
    var latest: Timestamp
    /// The most nodes that there were while additions were allowed.
    var most: Int
}

/// What the store holds about the license.
struct LicenseDocuments: Equatable, Sendable {
    var license: StoredLicense? = nil
    var told: LicenseTold? = nil
    var clock: ClockRecord? = nil
    var prints: [NodeID: HardwarePrint] = [:]
}

extension ClusterStore {
    func licenseDocuments() async throws -> LicenseDocuments {
        async let license = get(StoredLicense.self, at: ClusterKeys.license)
        async let told = get(LicenseTold.self, at: ClusterKeys.licenseTold)
        async let clock = get(ClockRecord.self, at: ClusterKeys.clock)
        async let prints = list(HardwarePrint.self, under: ClusterKeys.hardware)
        let found = try await prints.compactMap { stored in
            NodeID(String(stored.key.dropFirst(ClusterKeys.hardware.count))).map { ($0, stored.value) }
        }
        return LicenseDocuments(
            license: try await license?.value, told: try await told?.value, clock: try await clock?.value,
            prints: Dictionary(found, uniquingKeysWith: { $1 }))
    }
}
