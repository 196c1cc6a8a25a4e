/// Where in a request a value stands, printed as `cluster.vip[0]`.
struct FieldPath: Sendable {
    private(set) var keys: [any CodingKey] = []

    func appending(key: String) -> FieldPath { appending(FieldKey(name: key)) }
    func appending(index: Int) -> FieldPath { appending(FieldKey(index: index)) }

    func appending(_ key: any CodingKey) -> FieldPath {
        var path = self
        path.keys.append(key)
        return path
    }

    var text: String { Self.text(keys) }

    static func text(_ keys: [any CodingKey]) -> String {
        keys.reduce(into: "") { text, key in
            if let index = key.intValue {
                text += "[\(index)]"
            } else {
                text += text.isEmpty ? key.stringValue : "." + key.stringValue
            }
        }
    }
}

struct FieldKey: CodingKey {
    let stringValue: String
    let intValue: Int?

    init(name: String) {
        stringValue = name
        intValue = nil
    }

    init(index: Int) {
        stringValue = String(index)
        intValue = index
    }

    init?(stringValue: String) { self.init(name: stringValue) }
    init?(intValue: Int) { self.init(index: intValue) }
}
