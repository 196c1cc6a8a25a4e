/// Who a node is: the first 16 hexadecimal digits (lower case) of the SHA-256 of its public key's SubjectPublicKeyInfo.
/// Host names and addresses may change; this does not.
public struct NodeID: Hashable, Comparable, Sendable {
    public let text: String

    /// - Returns: nil unless the text is exactly 16 lower-case hexadecimal digits.
    public init?(_ text: String) {
        guard text.utf8.count == 16, text.utf8.allSatisfy({ (48...57).contains($0) || (97...102).contains($0) }) else {
            return nil
        }
        self.text = text
    }

    public static func < (left: NodeID, right: NodeID) -> Bool { left.text < right.text }
}

extension NodeID: CustomStringConvertible {
    public var description: String { text }
}

extension NodeID: Codable {
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let node = NodeID(text) else {
            throw DecodingError.dataCorruptedError(
                in: container, debugDescription: "'\(text)' is not a node identity (16 hexadecimal digits)")
        }
        self = node
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(text)
    }
}
