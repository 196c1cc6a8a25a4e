import MembershipCore
import Primitives

/// A request whose values are checked in one place, before anything is done; nothing later checks again.
public protocol Validatable {
    /// - Throws: `invalidValue` or a more telling code, with the field.
    func validate() throws(APIError)
}

/// Checks that more than one message needs.
public enum Rule {
    /// 1 to 64 letters, digits and `.`, `-`, `_`, plus what is given.
    static func name(_ text: String, _ field: String, also: String = "") throws(APIError) {
        let allowed = text.unicodeScalars.allSatisfy { scalar in
            ("a"..."z").contains(scalar) || ("A"..."Z").contains(scalar) || ("0"..."9").contains(scalar)
                || ".-_".unicodeScalars.contains(scalar) || also.unicodeScalars.contains(scalar)
        }
        guard allowed, (1...64).contains(text.utf8.count) else {
            throw .invalid(field, clause: "name")
        }
    }

    static func range(_ number: Int?, _ range: ClosedRange<Int>, _ field: String) throws(APIError) {
        guard let number, !range.contains(number) else { return }
        throw .invalid(
            field, clause: "range",
            ["low": "\(range.lowerBound)", "high": "\(range.upperBound)", "value": "\(number)"])
    }

    static func virtualAddresses(_ addresses: [Subnet], _ field: String) throws(APIError) {
        guard (1...2).contains(addresses.count) else {
            throw .invalid(field, "must list one or two addresses, not \(addresses.count)")
        }
        if let wrong = addresses.first(where: { !$0.isHostAddress }) {
            throw .invalid(field, clause: "hostAddress", ["address": "\(wrong)"])
        }
        if addresses.count == 2, addresses[0].address == addresses[1].address {
            throw APIError(.vipDuplicate, field: field, ["address": addresses[0].address.description])
        }
    }

    /// PEM of the size that a P-256 request or certificate can have.
    static func pem(_ text: String, _ field: String) throws(APIError) {
        guard text.utf8.count <= 8_192, text.hasPrefix("-----BEGIN ") else {
            throw .invalid(field, "must be PEM of at most 8192 bytes")
        }
    }
}

extension SetupRequest: Validatable {
    public func validate() throws(APIError) {
        switch (cluster, join) {
        case (nil, nil): throw APIError(.missingField, field: "cluster")
        case (.some, .some): throw .invalid("join", "cannot be given together with 'cluster'")
        case (let cluster?, nil):
            try Rule.name(cluster.name, "cluster.name")
            try Rule.virtualAddresses(cluster.vip, "cluster.vip")
            try Rule.gateway(cluster.gateway, of: cluster.vip, "cluster.gateway")
            try Rule.nameServers(cluster.dns, "cluster.dns")
            try Rule.timeServers(cluster.ntp, "cluster.ntp")
            try Rule.timeZone(cluster.timeZone, "cluster.timeZone")
            try rack?.check("rack.")
            if let license = cluster.license {
                do { try LicenseText(text: license).validate() } catch { throw error.at("cluster.license") }
            }
            try cluster.administrator?.check("cluster.administrator")
        case (nil, let join?):
            guard rack == nil else { throw .invalid("rack", clause: "notWith", ["other": "join"]) }
            try Rule.range(join.port, 1...65_535, "join.port")
            guard join.role != .spare else { throw .invalid("join.role", "must be voter or witness") }
            if let token = join.token, !(1...256).contains(token.utf8.count) {
                throw .invalid("join.token", "must be 1 to 256 characters")
            }
        }
    }
}

extension Approval: Validatable {
    public func validate() throws(APIError) {
        guard code.utf8.count == 6, code.utf8.allSatisfy({ (48...57).contains($0) }) else {
            throw .invalid("code", "must be six digits")
        }
    }
}

extension Replacement: Validatable {
    public func validate() throws(APIError) {}
}

extension JoinTokenRequest: Validatable {
    public func validate() throws(APIError) {
        try Rule.range(ttlSeconds, 60...86_400, "ttlSeconds")
        try Rule.range(uses, 1...500, "uses")
        guard role != .spare else { throw .invalid("role", "must be voter or witness") }
    }

    /// The same with every value present.
    public var completed: JoinTokenRequest {
        JoinTokenRequest(ttlSeconds: ttlSeconds ?? 86_400, uses: uses ?? 1, role: role ?? .voter)
    }
}

extension JoinRequest: Validatable {
    public func validate() throws(APIError) {
        try Rule.pem(csr, "csr")
        try Rule.name(name, "name")
        if let token, !(1...256).contains(token.utf8.count) {
            throw .invalid("token", "must be 1 to 256 characters")
        }
    }
}

extension CertificateRequest: Validatable {
    public func validate() throws(APIError) { try Rule.pem(csr, "csr") }
}

extension SwitchRequest: Validatable {
    public func validate() throws(APIError) {
        if let to { try Rule.name(to, "to") }
    }
}

extension ConfigurationChange: Validatable {
    public func validate() throws(APIError) {
        if let vip { try Rule.virtualAddresses(vip, "vip") }
        try Rule.nameServers(dns, "dns")
        try Rule.timeServers(ntp, "ntp")
        try Rule.timeZone(timeZone, "timeZone")
        guard !fields.isEmpty else { throw APIError(.missingField, field: "vip") }
    }
}

extension UserTokenRequest: Validatable {
    public func validate() throws(APIError) {
        try Rule.name(name, "name", also: "@")
        try Rule.range(ttlSeconds, 60...(10 * 366 * 86_400), "ttlSeconds")
        guard let groups else { return }
        guard !groups.isEmpty else { throw .invalid("groups", "must name at least one group") }
        for group in groups where !EndpointGroup.all.contains(group) {
            let known = EndpointGroup.all.map(\.rawValue).joined(separator: ", ")
            throw .invalid("groups", "must be of \(known), not '\(group.rawValue)'")
        }
    }
}

extension NodeReport: Validatable {
    private static func isPrint(_ parts: [String]) -> Bool {
        parts.count == 4 && parts.allSatisfy { $0.isEmpty || Hexadecimal.isText($0, digits: 64) }
    }

    public func validate() throws(APIError) {
        try Rule.name(name, "name")
        if let domain { try Rule.name(domain, "domain") }
        guard versions.count <= 16, versions.allSatisfy({ $0.key.utf8.count <= 64 && $0.value.utf8.count <= 128 })
        else {
            throw .invalid("versions", "must be at most 16 short texts")
        }
        guard hardware.map(Self.isPrint) ?? true else {
            throw .invalid("hardware", clause: "hardware")
        }
        try Rule.streams(streams, "streams")
    }
}
