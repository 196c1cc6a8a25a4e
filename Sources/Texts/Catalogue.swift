/// The sentences and words for people, by key. `{name}` in a sentence is filled with the parameter of that name.
public enum Catalogue {
    /// Every key once, sorted.
    public static let keys: [String] = entries.map(\.key).sorted()

    /// The unfilled sentence; nil for an unknown key.
    public static func template(_ key: String, _ language: Language) -> String? {
        guard let entry = table[key] else { return nil }
        switch language {
        case .english: return entry.english
        case .chinese: return entry.chinese
        }
    }

    /// The filled sentence; nil for an unknown key. A parameter that is not given shows as `?`. A parameter `NAME.key`
    /// goes before `NAME`: it is the key of a clause, which is filled with the same parameters in the same language.
    public static func sentence(_ key: String, _ parameters: [String: String] = [:], _ language: Language) -> String? {
        sentence(key, parameters, language, depth: 0)
    }

    /// Clauses within clauses; a circle of keys ends here.
    private static let deepest = 3

    private static func sentence(
        _ key: String, _ parameters: [String: String], _ language: Language, depth: Int
    ) -> String? {
        template(key, language).map { template in
            fill(template) { name in
                if depth < deepest, let clause = parameters["\(name).key"],
                    let text = sentence(clause, parameters, language, depth: depth + 1)
                {
                    return text
                }
                return spoken(parameters[name], as: name, language)
            }
        }
    }

    /// The names between braces, in order of appearance.
    public static func placeholders(of template: String) -> [String] {
        var names: [String] = []
        scan(template, text: { _ in }, name: { names.append($0) })
        return names
    }

    static func fill(_ template: String, _ value: (String) -> String?) -> String {
        var filled = ""
        scan(template, text: { filled += $0 }, name: { filled += value($0) ?? "?" })
        return filled
    }

    static func scan(_ template: String, text: (Substring) -> Void, name: (String) -> Void) {
        var rest = Substring(template)
        while let open = rest.firstIndex(of: "{"), let close = rest[open...].firstIndex(of: "}") {
            text(rest[..<open])
            name(String(rest[rest.index(after: open)..<close]))
            rest = rest[rest.index(after: close)...]
        }
        text(rest)
    }

    struct Entry: Sendable {
        let key: String
        let english: String
        let chinese: String

        init(_ key: String, _ english: String, _ chinese: String) {
            self.key = key
            self.english = english
            self.chinese = chinese
        }
    }

    static let entries: [Entry] =
        requestErrors + clusterErrors + setupErrors + events + words + license + reasons
        + access + setupWizard + recoveryKit + notifications + nodeCare + support + jobs
        + console + wizard + administration + webCertificate + tokensAndJobs + clauses + machines + machinePages
        + screen

    private static let table: [String: Entry] = Dictionary(
        entries.map { ($0.key, $0) }, uniquingKeysWith: { first, _ in first })
}
