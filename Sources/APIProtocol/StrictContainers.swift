/// The members of an object; remembers what was asked for.
struct StrictKeyedContainer<Key: CodingKey>: KeyedDecodingContainerProtocol {
    let members: [JSONValue.Member]
    let path: FieldPath
    let asked: StrictDecoder.AskedKeys

    var codingPath: [any CodingKey] { path.keys }

    /// Only dictionaries list their keys; they accept all of them.
    var allKeys: [Key] {
        for member in members { asked.names.insert(member.key) }
        return members.compactMap { Key(stringValue: $0.key) }
    }

    private func find(_ key: Key) -> JSONValue? {
        asked.names.insert(key.stringValue)
        return members.first { $0.key == key.stringValue }?.value
    }

    private func require(_ key: Key) throws -> JSONValue {
        guard let value = find(key) else {
            throw APIError(.missingField, field: path.appending(key).text)
        }
        return value
    }

    func contains(_ key: Key) -> Bool { find(key) != nil }
    func decodeNil(forKey key: Key) throws -> Bool { try require(key) == .null }

    func decode<T: Decodable>(_ type: T.Type, forKey key: Key) throws -> T {
        try StrictDecoder.decode(type, from: require(key), at: path.appending(key))
    }

    func nestedContainer<Nested: CodingKey>(
        keyedBy type: Nested.Type, forKey key: Key
    ) throws -> KeyedDecodingContainer<Nested> {
        try StrictDecoder(value: require(key), path: path.appending(key)).container(keyedBy: type)
    }

    func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
        try StrictDecoder(value: require(key), path: path.appending(key)).unkeyedContainer()
    }

    func superDecoder() throws -> any Decoder { StrictDecoder(value: .object(members), path: path) }

    func superDecoder(forKey key: Key) throws -> any Decoder {
        try StrictDecoder(value: require(key), path: path.appending(key))
    }
}

/// The items of a list.
struct StrictUnkeyedContainer: UnkeyedDecodingContainer {
    let items: [JSONValue]
    let path: FieldPath
    private(set) var currentIndex = 0

    init(items: [JSONValue], path: FieldPath) {
        self.items = items
        self.path = path
    }

    var codingPath: [any CodingKey] { path.keys }
    var count: Int? { items.count }
    var isAtEnd: Bool { currentIndex >= items.count }

    private mutating func take() throws -> (value: JSONValue, path: FieldPath) {
        let place = path.appending(index: currentIndex)
        guard !isAtEnd else { throw APIError(.missingField, field: place.text) }
        defer { currentIndex += 1 }
        return (items[currentIndex], place)
    }

    mutating func decodeNil() throws -> Bool {
        guard !isAtEnd, items[currentIndex] == .null else { return false }
        currentIndex += 1
        return true
    }

    mutating func decode<T: Decodable>(_ type: T.Type) throws -> T {
        let (value, place) = try take()
        return try StrictDecoder.decode(type, from: value, at: place)
    }

    mutating func nestedContainer<Nested: CodingKey>(
        keyedBy type: Nested.Type
    ) throws -> KeyedDecodingContainer<Nested> {
        let (value, place) = try take()
        return try StrictDecoder(value: value, path: place).container(keyedBy: type)
    }

    mutating func nestedUnkeyedContainer() throws -> any UnkeyedDecodingContainer {
        let (value, place) = try take()
        return try StrictDecoder(value: value, path: place).unkeyedContainer()
    }

    mutating func superDecoder() throws -> any Decoder {
        let (value, place) = try take()
        return StrictDecoder(value: value, path: place)
    }
}

/// A value that is not taken apart.
struct StrictSingleContainer: SingleValueDecodingContainer {
    let value: JSONValue
    let path: FieldPath

    var codingPath: [any CodingKey] { path.keys }

    func decodeNil() -> Bool { value == .null }

    func decode<T: Decodable>(_ type: T.Type) throws -> T {
        try StrictDecoder.decode(type, from: value, at: path)
    }
}
