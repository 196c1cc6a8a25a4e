/// A parsed text of the strict TOML subset: sections with keys, in the order of the text.
struct Document: Equatable, Sendable {
    typealias Position = ConfigurationError.Position

    enum Value: Equatable, Sendable {
        case string(String)
        case integer(Int)
        case boolean(Bool)
        case strings([String])

        /// The type with its article, for error messages.
        var typeName: String {
            switch self {
            case .string: "a string"
            case .integer: "a number"
            case .boolean: "true or false"
            case .strings: "a list of strings"
            }
        }
    }

    struct Entry: Equatable, Sendable {
        let key: String
        let position: Position
        let value: Value
        let valuePosition: Position
    }

    struct Section: Equatable, Sendable {
        /// Empty for the keys before the first header.
        let name: String
        let position: Position
        var entries: [Entry] = []

        func field(_ key: String) -> String { name.isEmpty ? key : "\(name).\(key)" }
    }

    /// What a configuration may not pass: far above every honest file, far below what could hurt.
    enum Limit {
        static let textBytes = 65_536
        static let sections = 32
        static let keys = 256
        static let keyBytes = 64
        static let stringBytes = 4_096
        static let listItems = 64
    }

    var sections: [Section] = []

    func section(_ name: String) -> Section? { sections.first { $0.name == name } }
}
