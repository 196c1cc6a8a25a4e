/// An address with the prefix length of its network, as `10.77.0.50/24`.
public struct Subnet: Hashable, Sendable {
    public let address: IPAddress
    /// 0 to 32 for IPv4, 0 to 128 for IPv6.
    public let prefixLength: Int

    /// - Returns: nil when the prefix length does not fit the address.
    public init?(address: IPAddress, prefixLength: Int) {
        guard (0...address.bitWidth).contains(prefixLength) else { return nil }
        self.address = address
        self.prefixLength = prefixLength
    }

    /// Whether the other address lies in this network.
    public func contains(_ other: IPAddress) -> Bool {
        guard other.bytes.count == address.bytes.count else { return false }
        return (0..<prefixLength).allSatisfy { bit(of: other, $0) == bit(of: address, $0) }
    }

    private func bit(of address: IPAddress, _ index: Int) -> UInt8 {
        address.bytes[index / 8] >> UInt8(7 - index % 8) & 1
    }
}

extension Subnet: LosslessStringConvertible {
    public var description: String { "\(address)/\(prefixLength)" }

    public init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, parts[1].utf8.allSatisfy({ (48...57).contains($0) }), let length = Int(parts[1]),
            let address = IPAddress(String(parts[0]))
        else { return nil }
        self.init(address: address, prefixLength: length)
    }
}

extension Subnet: Codable {
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let subnet = Subnet(text) else {
            throw DecodingError.dataCorruptedError(
                in: container, debugDescription: "'\(text)' is not an address with a prefix length, as 10.77.0.50/24")
        }
        self = subnet
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}
