/// What brings an etcd cluster back that has used up its quota (alarm NOSPACE): compact, defragment one member at a
/// time with the leader last (defragmenting blocks the member), then disarm the alarm.
/// Source: etcd 3.5, "Maintenance", space quota.
public enum SpaceHealing {
    /// One member as its status describes it.
    public struct Member: Equatable, Sendable {
        public let endpoint: String
        public let isLeader: Bool
        public let databaseBytes: Int
        /// What would remain after defragmenting.
        public let usedBytes: Int

        public init(endpoint: String, isLeader: Bool, databaseBytes: Int, usedBytes: Int) {
            self.endpoint = endpoint
            self.isLeader = isLeader
            self.databaseBytes = databaseBytes
            self.usedBytes = usedBytes
        }
    }

    public enum Step: Equatable, Sendable {
        /// Forget every revision before this one.
        case compact(revision: Int64)
        case defragment(endpoint: String)
        case disarm
    }

    /// Members whose database is smaller than this gain too little to be blocked for it.
    static let leastBytes = 16 << 20

    /// - Parameter hasAlarm: whether NOSPACE is raised anywhere. Without it only a database of which more than half is
    ///   empty, and large, is worth the pause.
    public static func steps(hasAlarm: Bool, members: [Member], revision: Int64) -> [Step] {
        let worthwhile = members.filter { hasAlarm || isWasteful($0) }
        guard hasAlarm || !worthwhile.isEmpty else { return [] }
        let followersFirst =
            worthwhile.filter { !$0.isLeader }.sorted { $0.endpoint < $1.endpoint } + worthwhile.filter(\.isLeader)
        var steps: [Step] = []
        if revision > 1 { steps.append(.compact(revision: revision)) }
        steps += followersFirst.map { .defragment(endpoint: $0.endpoint) }
        if hasAlarm { steps.append(.disarm) }
        return steps
    }

    private static func isWasteful(_ member: Member) -> Bool {
        member.databaseBytes >= leastBytes && member.usedBytes * 2 < member.databaseBytes
    }
}
