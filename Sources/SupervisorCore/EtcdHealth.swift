/// What etcd's /health says (etcd 3.5, server/etcdserver/api/etcdhttp/metrics.go).
public enum EtcdHealth {
    /// The process, not the quorum: `serializable` asks the member alone.
    public static let path = "/health?serializable=true"

    /// - Parameters:
    ///   - status: of the HTTP answer.
    ///   - body: for example `{"health":"false","reason":"ALARM NOSPACE"}`.
    public static func interpret(status: Int, body: String) -> HealthResult {
        if status == 200, body.contains("\"health\":\"true\"") { return .healthy }
        if body.contains("ALARM NOSPACE") { return .noSpace }
        // Corruption is the cluster's trouble, not the process's: starting it again would not help.
        if body.contains("ALARM CORRUPT") { return .healthy }
        return .failed("etcd answers \(status): \(body.prefix(200))")
    }
}
