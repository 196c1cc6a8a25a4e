/// An Ethernet address, printed as `02:00:5e:10:00:01`.
public struct HardwareAddress: Hashable, Sendable {
    /// 6 bytes.
    public let bytes: [UInt8]

    /// - Precondition: 6 bytes.
    public init(bytes: [UInt8]) {
        precondition(bytes.count == 6, "an Ethernet address has 6 bytes, not \(bytes.count)")
        self.bytes = bytes
    }

    public static let broadcast = HardwareAddress(bytes: [255, 255, 255, 255, 255, 255])
}

extension HardwareAddress: LosslessStringConvertible {
    public var description: String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined(separator: ":")
    }

    public init?(_ text: String) {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        let bytes = parts.compactMap { part in
            part.utf8.count == 2 && part.utf8.first != UInt8(ascii: "+") ? UInt8(part, radix: 16) : nil
        }
        guard parts.count == 6, bytes.count == 6 else { return nil }
        self.init(bytes: bytes)
    }
}
