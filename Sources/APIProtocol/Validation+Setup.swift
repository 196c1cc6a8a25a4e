import Primitives

extension Rule {
    static func gateway(_ gateway: IPAddress?, of addresses: [Subnet], _ field: String) throws(APIError) {
        guard let gateway, addresses.contains(where: { $0.address == gateway }) else { return }
        throw .invalid(field, clause: "isVirtualAddress", ["address": "\(gateway)"])
    }

    /// The resolver asks three at most (resolv.conf(5), MAXNS).
    static func nameServers(_ servers: [IPAddress]?, _ field: String) throws(APIError) {
        guard let servers else { return }
        guard servers.count <= 3 else {
            throw .invalid(field, clause: "tooMany", ["limit": "3", "value": "\(servers.count)"])
        }
        guard Set(servers).count == servers.count else { throw .invalid(field, clause: "twice") }
    }

    static func timeServers(_ servers: [String]?, _ field: String) throws(APIError) {
        guard let servers else { return }
        guard servers.count <= 8 else {
            throw .invalid(field, clause: "tooMany", ["limit": "8", "value": "\(servers.count)"])
        }
        for (index, server) in servers.enumerated() where ServerName(server) == nil {
            throw .invalid("\(field)[\(index)]", clause: "server", ["value": "\(server.prefix(64))"])
        }
        guard Set(servers).count == servers.count else { throw .invalid(field, clause: "twice") }
    }

    static func timeZone(_ name: String?, _ field: String) throws(APIError) {
        guard let name, !TimeZoneName.isWellFormed(name) else { return }
        throw .invalid(field, clause: "timeZone", ["value": "\(name.prefix(64))"])
    }
}

extension SetupSessionRequest: Validatable {
    /// What is no code at all is a wrong code: it is counted where the code is known.
    public func validate() throws(APIError) {
        guard code.utf8.count <= 64 else { throw .invalid("code", clause: "setupCode") }
    }
}

extension SetupDraftChange: Validatable {
    public func validate() throws(APIError) {
        if let administrator {
            try Rule.name(administrator.name, "administrator.name", also: "@")
            if let password = administrator.password {
                try FirstUser(name: administrator.name, password: password).check("administrator")
            }
        }
        try license?.check("license")
        if let cluster {
            try Rule.name(cluster.name, "cluster.name")
            try Rule.nameServers(cluster.dns, "cluster.dns")
            try Rule.timeServers(cluster.ntp, "cluster.ntp")
            try Rule.timeZone(cluster.timeZone, "cluster.timeZone")
        }
        if let network {
            try Rule.virtualAddresses(network.vip, "network.vip")
            try Rule.gateway(network.gateway, of: network.vip, "network.gateway")
        }
        guard isChange else { throw APIError(.missingField, field: "language") }
    }

    private var isChange: Bool {
        language != nil || administrator != nil || license != nil || cluster != nil || network != nil
            || nodesConfirmed != nil
    }
}

extension SetupLicense {
    func check(_ field: String) throws(APIError) {
        switch (text, trial) {
        case (let text?, nil):
            do { try LicenseText(text: text).validate() } catch { throw error.at("\(field).text") }
        case (nil, true?): return
        case (nil, false?): throw .invalid("\(field).trial", clause: "trial")
        case (nil, nil): throw APIError(.missingField, field: "\(field).text")
        case (.some, .some): throw .invalid("\(field).trial", clause: "notWith", ["other": "text"])
        }
    }
}

extension SetupChecksRequest: Validatable {
    public func validate() throws(APIError) {
        if let vip { try Rule.virtualAddresses(vip, "vip") }
        try Rule.nameServers(dns, "dns")
        try Rule.timeServers(ntp, "ntp")
        guard vip != nil || gateway != nil || ntp != nil || dns != nil else {
            throw APIError(.missingField, field: "vip")
        }
    }
}

extension SetupStart: Validatable {
    public func validate() throws(APIError) {}
}

extension RackModeChange: Validatable {
    public func validate() throws(APIError) { try check("") }

    func check(_ prefix: String) throws(APIError) {
        try Rule.range(nodes, 0...64, "\(prefix)nodes")
        try Rule.range(minutes, 1...240, "\(prefix)minutes")
    }
}
