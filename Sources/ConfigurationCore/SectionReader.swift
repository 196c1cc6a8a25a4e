import Primitives

/// Reads the keys of one section, each with its type, and makes errors that name field and place.
struct SectionReader {
    let name: String
    private let section: Document.Section?
    let position: ConfigurationError.Position?

    /// - Throws: for a key of the section that is not among the known ones.
    init(_ name: String, in document: Document, known: [String]) throws(ConfigurationError) {
        self.name = name
        let section = document.section(name)
        self.section = section
        position = section?.position
        for entry in section?.entries ?? [] where !known.contains(entry.key) {
            throw ConfigurationError(
                .unknownKey(nearest: Spelling.nearest(to: entry.key, among: known)), field: "\(name).\(entry.key)",
                position: entry.position)
        }
    }

    /// - Throws: for a section, or a key outside all sections, that is not known.
    static func checkSections(of document: Document, known: [String]) throws(ConfigurationError) {
        for section in document.sections where !known.contains(section.name) {
            if section.name.isEmpty {
                let entry = section.entries[0]
                throw ConfigurationError(.keyOutsideSection, field: entry.key, position: entry.position)
            }
            throw ConfigurationError(
                .unknownSection(nearest: Spelling.nearest(to: section.name, among: known)), field: section.name,
                position: section.position)
        }
    }

    func error(_ problem: ConfigurationError.Problem, _ key: String) -> ConfigurationError {
        let place = section?.entries.first { $0.key == key }?.valuePosition ?? position
        return ConfigurationError(problem, field: "\(name).\(key)", position: place)
    }

    func string(_ key: String) throws(ConfigurationError) -> String? {
        guard let value = value(key) else { return nil }
        guard case .string(let text) = value else { throw wrongType(key, "a string", value) }
        return text
    }

    func required(_ key: String) throws(ConfigurationError) -> String {
        guard let text = try string(key) else { throw error(.missingKey, key) }
        return text
    }

    func boolean(_ key: String) throws(ConfigurationError) -> Bool? {
        guard let value = value(key) else { return nil }
        guard case .boolean(let flag) = value else { throw wrongType(key, "true or false", value) }
        return flag
    }

    func strings(_ key: String) throws(ConfigurationError) -> [String]? {
        guard let value = value(key) else { return nil }
        guard case .strings(let items) = value else { throw wrongType(key, "a list of strings", value) }
        return items
    }

    func port(_ key: String, default usual: Int) throws(ConfigurationError) -> Int {
        guard let value = value(key) else { return usual }
        guard case .integer(let number) = value else { throw wrongType(key, "a number", value) }
        guard (1...65_535).contains(number) else { throw error(.badPort(number), key) }
        return number
    }

    /// - Returns: nil when the key is not there.
    func integer(_ key: String, in range: ClosedRange<Int>) throws(ConfigurationError) -> Int? {
        guard let value = value(key) else { return nil }
        guard case .integer(let number) = value else { throw wrongType(key, "a number", value) }
        guard range.contains(number) else {
            throw error(.outOfRange(number, lowest: range.lowerBound, highest: range.upperBound), key)
        }
        return number
    }

    func path(_ key: String, default usual: String) throws(ConfigurationError) -> String {
        guard let text = try string(key) else { return usual }
        guard text.hasPrefix("/"), !text.utf8.contains(0), !text.utf8.contains(UInt8(ascii: "\n")) else {
            throw error(.badPath(text), key)
        }
        return text.count > 1 && text.hasSuffix("/") ? String(text.dropLast()) : text
    }

    /// A name as of a host: letters, digits and inner hyphens.
    func hostName(_ key: String) throws(ConfigurationError) -> String {
        let text = try required(key)
        guard (1...63).contains(text.utf8.count), !text.hasPrefix("-"), !text.hasSuffix("-"),
            text.utf8.allSatisfy({ Scanner.isKeyByte($0) && $0 != UInt8(ascii: "_") })
        else { throw error(.badName(text), key) }
        return text
    }

    func address(_ key: String) throws(ConfigurationError) -> IPAddress {
        let text = try required(key)
        guard let address = IPAddress(text) else { throw error(.badAddress(text), key) }
        return address
    }

    private func value(_ key: String) -> Document.Value? { section?.entries.first { $0.key == key }?.value }

    private func wrongType(_ key: String, _ expected: String, _ found: Document.Value) -> ConfigurationError {
        error(.wrongType(expected: expected, found: found.typeName), key)
    }
}
