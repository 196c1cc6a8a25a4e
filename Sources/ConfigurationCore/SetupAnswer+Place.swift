import Primitives

/// What nodes ask for names and for the time, where they stand, and how many join by themselves.
extension SetupAnswer {
    /// The resolver asks three at most (resolv.conf(5), MAXNS).
    static let mostNameServers = 3
    static let mostTimeServers = 8

    static func nameServers(_ reader: SectionReader) throws(ConfigurationError) -> [IPAddress] {
        let texts = try reader.strings("dns") ?? []
        guard texts.count <= mostNameServers else { throw reader.error(.tooMany(limit: mostNameServers), "dns") }
        var servers: [IPAddress] = []
        for text in texts {
            guard let server = IPAddress(text) else { throw reader.error(.badAddress(text), "dns") }
            guard !servers.contains(server) else { throw reader.error(.listedTwice(text), "dns") }
            servers.append(server)
        }
        return servers
    }

    static func timeServers(_ reader: SectionReader) throws(ConfigurationError) -> [ServerName] {
        let texts = try reader.strings("ntp") ?? []
        guard texts.count <= mostTimeServers else { throw reader.error(.tooMany(limit: mostTimeServers), "ntp") }
        var servers: [ServerName] = []
        for text in texts {
            guard let server = ServerName(text) else { throw reader.error(.badServer(text), "ntp") }
            guard !servers.contains(server) else { throw reader.error(.listedTwice(text), "ntp") }
            servers.append(server)
        }
        return servers
    }

    static func timeZone(_ reader: SectionReader) throws(ConfigurationError) -> String? {
        guard let text = try reader.string("time-zone") else { return nil }
        guard TimeZoneName.isWellFormed(text) else { throw reader.error(.badTimeZone(text), "time-zone") }
        return text
    }

    static func language(_ reader: SectionReader) throws(ConfigurationError) -> Language? {
        guard let text = try reader.string("language") else { return nil }
        guard let language = Language(rawValue: text) else { throw reader.error(.badLanguage(text), "language") }
        return language
    }

    static func rack(_ document: Document) throws(ConfigurationError) -> Rack? {
        guard document.section("rack") != nil else { return nil }
        let reader = try SectionReader("rack", in: document, known: ["nodes", "minutes"])
        guard let nodes = try reader.integer("nodes", in: 1...64) else { throw reader.error(.missingKey, "nodes") }
        return Rack(nodes: nodes, minutes: try reader.integer("minutes", in: 1...240) ?? 30)
    }
}
