import Crypto
import Primitives

/// How a machine is known again: hashes of four of its parts, so that a license tells nobody their serial numbers.
public struct HardwarePrint: Codable, Hashable, Sendable {
    /// In this order: the machine's UUID, the board's serial, the first network card's address, the system disk's serial.
    /// Each 64 hexadecimal digits, or empty where the machine has none.
    public var parts: [String]

    public static let partNames = ["system-uuid", "board-serial", "network-address", "disk-serial"]
    /// So many of the four must be the same: a changed card or board is still the same machine.
    public static let enough = 2

    public init(parts: [String]) { self.parts = parts }

    /// - Parameter values: what the machine's parts say of themselves, in the order of `partNames`; nil where there is none.
    /// - Precondition: four values.
    public init(hashing values: [String?]) {
        precondition(values.count == Self.partNames.count, "a machine has four parts here")
        parts = zip(Self.partNames, values).map { name, value in
            guard let value, !value.isEmpty else { return "" }
            return Hexadecimal.text(SHA256.hash(data: Array("keelson hardware 1 \(name)\0\(value)".utf8)))
        }
    }

    /// Whether both are of one machine. What is missing is like nothing.
    public func matches(_ other: HardwarePrint) -> Bool {
        zip(parts, other.parts).count { $0 == $1 && !$0.isEmpty } >= Self.enough
    }

    /// Whether a license can be bound to the machine: enough of its parts are known.
    public var canBeBound: Bool { parts.count { !$0.isEmpty } >= Self.enough }

    func validate(enough: Bool = true) throws(LicenseProblem) {
        guard parts.count == Self.partNames.count,
            parts.allSatisfy({ $0.isEmpty || Hexadecimal.isText($0, digits: 64) })
        else { throw .badField("binding", .badParts) }
        guard canBeBound || !enough else { throw .badField("binding", .tooFewParts(Self.enough)) }
    }
}
