import Glibc

/// What a child inherits of the supervisor's environment.
enum ChildEnvironment {
    /// Without the supervisor's own line to systemd, and without anything that would change etcd's flags.
    static func inherited() -> [String] {
        var variables: [String] = []
        var next = environ
        while let variable = next.pointee {
            variables.append(String(cString: variable))
            next += 1
        }
        let withheld = ["NOTIFY_SOCKET=", "WATCHDOG_PID=", "WATCHDOG_USEC=", "ETCD_", "ETCDCTL_"]
        return variables.filter { variable in !withheld.contains { variable.hasPrefix($0) } }
    }

    static func value(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }
}
