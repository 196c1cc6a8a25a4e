import Primitives

/// A classic BPF program that lets only frames pass that tell about given addresses, so that a busy network does not
/// wake the daemon (socket(7), SO_ATTACH_FILTER).
public struct PacketFilter: Equatable, Sendable {
    public struct Step: Equatable, Sendable {
        public let code: UInt16
        public let ifTrue: UInt8
        public let ifFalse: UInt8
        public let value: UInt32

        init(_ code: UInt16, _ value: UInt32, _ ifTrue: UInt8 = 0, _ ifFalse: UInt8 = 0) {
            self.code = code
            self.ifTrue = ifTrue
            self.ifFalse = ifFalse
            self.value = value
        }
    }

    public let steps: [Step]
    /// Jumps are bytes, and an address takes two of them.
    public static let mostAddresses = 100

    private static let loadWord: UInt16 = 0x20
    private static let loadHalf: UInt16 = 0x28
    private static let loadByte: UInt16 = 0x30
    private static let jumpIfEqual: UInt16 = 0x15
    private static let finish: UInt16 = 0x06
    private static let whole: UInt32 = 0xFFFF

    /// ARP frames whose sender's address is one of these; none for an empty list.
    public static func arp(senders: [IPAddress]) -> PacketFilter {
        let values = words(senders.filter(\.isIPv4))
        guard !values.isEmpty else { return PacketFilter(steps: [Step(finish, 0)]) }
        var steps = [Step(loadWord, 28)]
        for (index, value) in values.enumerated() {
            steps.append(Step(jumpIfEqual, value, UInt8(values.count - index), 0))
        }
        steps += [Step(finish, 0), Step(finish, whole)]
        return PacketFilter(steps: steps)
    }

    /// Neighbour advertisements and solicitations that tell about one of these (compared by the last four bytes; the
    /// parser compares the rest); none for an empty list.
    public static func neighbors(targets: [IPAddress]) -> PacketFilter {
        let values = words(targets.filter { !$0.isIPv4 })
        guard !values.isEmpty else { return PacketFilter(steps: [Step(finish, 0)]) }
        // Next header 58; an advertisement's target ends at byte 78, a solicitation's source address at 38.
        let count = UInt8(values.count)
        var steps = [Step(loadByte, 20), Step(jumpIfEqual, 58, 0, 2 * count + 5), Step(loadByte, 54)]
        steps.append(Step(jumpIfEqual, 136, 0, count + 2))
        steps.append(Step(loadWord, 74))
        for (index, value) in values.enumerated() {
            steps.append(Step(jumpIfEqual, value, 2 * count + 2 - UInt8(index), 0))
        }
        steps.append(Step(finish, 0))
        steps.append(Step(loadWord, 34))
        for (index, value) in values.enumerated() {
            steps.append(Step(jumpIfEqual, value, count - UInt8(index), 0))
        }
        steps += [Step(finish, 0), Step(finish, whole)]
        return PacketFilter(steps: steps)
    }

    /// The last four bytes of each address, as a number.
    private static func words(_ addresses: [IPAddress]) -> [UInt32] {
        precondition(addresses.count <= mostAddresses, "\(addresses.count) addresses are too many for one filter")
        return addresses.map { $0.bytes.suffix(4).reduce(0) { $0 << 8 | UInt32($1) } }
    }
}
