/// Users, sessions, the audit trail. (`cluster/users/` holds the API tokens.)
extension ClusterKeys {
    /// `Person`.
    static let people = "cluster/people/"
    static func person(_ id: String) -> String { people + id }
    /// `LoginHistory`, by the person's identity.
    static let logins = "cluster/logins/"
    static func login(_ person: String) -> String { logins + person }
    /// `SessionRecord`.
    static let sessions = "cluster/sessions/"
    static func session(_ id: String) -> String { sessions + id }
    /// `ApprovalRecord`.
    static let approvals = "cluster/approvals/"
    static func approval(_ id: String) -> String { approvals + id }
    /// `SecuritySettings`.
    static let security = "cluster/config/security"
    /// `AuditHead`.
    static let auditHead = "cluster/audit-head"
    /// `AuditEntry`; the key ends in its number, padded, so that order is the keys' order.
    static let audit = "history/audit/"
    static func audit(_ number: Int64) -> String { audit + padded(number) }
}
