/// Decodes requests: what a type does not ask for is refused by name, and every error names its field. (Foundation's
/// decoder ignores unknown members, so that a misspelled option would be ignored in silence.)
public enum StrictJSON {
    /// - Throws: `malformed`, `unknownField`, `missingField`, `invalidValue`, `duplicateField`.
    public static func decode<T: Decodable>(_ type: T.Type, from bytes: [UInt8]) throws(APIError) -> T {
        let value = try JSONParser.parse(bytes)
        guard case .object = value else {
            throw APIError(.malformed, ["reason": "the body is \(value.kind), not an object"])
        }
        do {
            return try StrictDecoder.decode(type, from: value, at: FieldPath())
        } catch let error as APIError {
            throw error
        } catch let error as DecodingError {
            throw translated(error)
        } catch {
            throw APIError(.malformed, ["reason": "\(error)"])
        }
    }

    private static func translated(_ error: DecodingError) -> APIError {
        switch error {
        case .keyNotFound(let key, let context):
            APIError(.missingField, field: FieldPath.text(context.codingPath + [key]))
        case .dataCorrupted(let context), .typeMismatch(_, let context), .valueNotFound(_, let context):
            APIError.invalid(FieldPath.text(context.codingPath), "is refused: \(context.debugDescription)")
        @unknown default: APIError(.malformed, ["reason": "\(error)"])
        }
    }
}

/// One value and where it stands.
struct StrictDecoder: Decoder {
    let value: JSONValue
    let path: FieldPath
    let asked = AskedKeys()

    var codingPath: [any CodingKey] { path.keys }
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    /// The names that the decoded type asked for.
    final class AskedKeys {
        var names: Set<String> = []
        var isUsed = false
    }

    static func decode<T: Decodable>(_ type: T.Type, from value: JSONValue, at path: FieldPath) throws -> T {
        if let simple = try scalar(type, from: value, at: path) { return simple }
        let decoder = StrictDecoder(value: value, path: path)
        let decoded: T
        do {
            decoded = try T(from: decoder)
        } catch DecodingError.dataCorrupted(_) where T.self is any CaseIterable.Type {
            throw unknownCase(type, value, path)
        }
        if case .object(let members) = value, decoder.asked.isUsed,
            let unknown = members.first(where: { !decoder.asked.names.contains($0.key) })
        {
            throw APIError(.unknownField, field: path.appending(key: unknown.key).text)
        }
        return decoded
    }

    func container<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
        guard case .object(let members) = value else { throw Self.mismatch("object", value, path) }
        asked.isUsed = true
        return KeyedDecodingContainer(StrictKeyedContainer<Key>(members: members, path: path, asked: asked))
    }

    func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
        guard case .array(let items) = value else { throw Self.mismatch("list", value, path) }
        return StrictUnkeyedContainer(items: items, path: path)
    }

    func singleValueContainer() throws -> any SingleValueDecodingContainer {
        StrictSingleContainer(value: value, path: path)
    }

    /// - Parameter wanted: as `kind.WANTED` of the catalogue.
    static func mismatch(_ wanted: String, _ value: JSONValue, _ path: FieldPath) -> APIError {
        let clause = ["wanted.key": "kind.\(wanted)", "found.key": "kind.\(value.kindName)"]
        guard !path.keys.isEmpty else { return .invalid("body", clause: "kind", clause) }
        return .invalid(path.text, clause: "kind", clause)
    }

    private static func unknownCase<T>(_ type: T.Type, _ value: JSONValue, _ path: FieldPath) -> APIError {
        func names<C: CaseIterable>(_ cases: C.Type) -> String {
            cases.allCases.map { ($0 as? any RawRepresentable<String>)?.rawValue ?? "\($0)" }.joined(separator: ", ")
        }
        guard let cases = type as? any CaseIterable.Type, case .string(let text) = value else {
            return mismatch("text", value, path)
        }
        return .invalid(path.text, clause: "oneOf", ["names": names(cases), "value": text])
    }

    /// Booleans, texts and numbers; nil for every other type.
    private static func scalar<T>(_ type: T.Type, from value: JSONValue, at path: FieldPath) throws -> T? {
        switch type {
        case is Bool.Type:
            guard case .bool(let bool) = value else { throw mismatch("truth", value, path) }
            return bool as? T
        case is String.Type:
            guard case .string(let text) = value else { throw mismatch("text", value, path) }
            return text as? T
        case let number as any FixedWidthInteger.Type:
            guard case .number(let text) = value else { throw mismatch("wholeNumber", value, path) }
            guard let parsed = integer(number, text) else {
                throw APIError.invalid(path.text, clause: "wholeNumber", ["value": text])
            }
            return parsed as? T
        case let number as any LosslessStringConvertible.Type where type is any BinaryFloatingPoint.Type:
            guard case .number(let text) = value else { throw mismatch("number", value, path) }
            return number.init(text) as? T
        default: return nil
        }
    }

    private static func integer<I: FixedWidthInteger>(_ type: I.Type, _ text: String) -> I? { I(text) }
}
