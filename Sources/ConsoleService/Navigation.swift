import APIProtocol

/// The entries at the side.
enum Navigation: String, CaseIterable, Sendable {
    case overview, machines, nodes, failovers, events, jobs, audit, approvals, license, users, tokens, notifications,
        settings, account

    var path: String { self == .overview ? "/" : "/\(rawValue)" }

    /// What is of no use to a role is not shown; that it is refused is the cluster daemon's business.
    private func isShown(to user: WhoAmI) -> Bool {
        switch self {
        case .overview, .machines, .nodes, .failovers, .events, .jobs, .approvals, .license, .settings: true
        case .audit: user.role.may(.security)
        case .users: user.managesUsers
        case .tokens, .notifications: user.role.may(.administrator)
        case .account: false
        }
    }

    func items(for user: WhoAmI, _ words: Words) -> [Fields] {
        Self.allCases.filter { $0.isShown(to: user) }.map { entry in
            ["path": entry.path, "name": words("navigation.\(entry.rawValue)"), "current": entry == self]
        }
    }
}
