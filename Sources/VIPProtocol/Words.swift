import Primitives

/// The words of a line, taken from the left; every failure says what was missing or wrong.
struct Words {
    let verb: String
    private var words: [Substring]
    private var taken = 1

    init(_ line: String) throws(VIPProtocolError) {
        guard line.utf8.count <= VIPProtocol.longestMessage else {
            throw VIPProtocolError("a message has \(line.utf8.count) bytes, more than \(VIPProtocol.longestMessage)")
        }
        var text = Substring(line)
        if text.last == "\n" { text.removeLast() }
        guard text.unicodeScalars.allSatisfy({ $0.value >= 32 && $0.value != 127 }) else {
            throw VIPProtocolError("a message holds control characters")
        }
        words = text.split(separator: " ", omittingEmptySubsequences: false)
        guard let first = words.first, !first.isEmpty else { throw VIPProtocolError("a message is empty") }
        verb = String(first.prefix(32))
    }

    mutating func next(_ what: String) throws(VIPProtocolError) -> String {
        guard taken < words.count, !words[taken].isEmpty else {
            throw VIPProtocolError("'\(verb)' lacks its \(what)")
        }
        defer { taken += 1 }
        return String(words[taken])
    }

    mutating func rest() -> String {
        defer { taken = words.count }
        return words[taken...].joined(separator: " ")
    }

    func end() throws(VIPProtocolError) {
        guard taken == words.count else {
            throw VIPProtocolError("'\(verb)' has too much after it: '\(words[taken].prefix(64))'")
        }
    }

    mutating func epoch() throws(VIPProtocolError) -> Epoch {
        let text = try next("epoch")
        guard let epoch = Epoch(text) else {
            throw VIPProtocolError("'\(text.prefix(64))' is not an epoch, as 1.4711")
        }
        return epoch
    }

    mutating func instant(_ what: String) throws(VIPProtocolError) -> Instant {
        let text = try next(what)
        guard let nanoseconds = Int64(text), nanoseconds >= 0 else {
            throw VIPProtocolError("'\(text.prefix(64))' is not a moment in nanoseconds since boot")
        }
        return Instant(nanoseconds: nanoseconds)
    }

    mutating func address() throws(VIPProtocolError) -> IPAddress {
        let text = try next("address")
        guard let address = IPAddress(text) else { throw VIPProtocolError("'\(text.prefix(64))' is not an IP address") }
        return address
    }

    mutating func hardwareAddress() throws(VIPProtocolError) -> HardwareAddress {
        let text = try next("hardware address")
        guard let address = HardwareAddress(text) else {
            throw VIPProtocolError("'\(text.prefix(64))' is not a hardware address")
        }
        return address
    }

    mutating func addresses() throws(VIPProtocolError) -> [Subnet] {
        let text = try next("list of addresses")
        var addresses: [Subnet] = []
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            guard let subnet = Subnet(String(part)) else {
                throw VIPProtocolError("'\(part.prefix(64))' is not an address with a prefix length, as 10.77.0.50/24")
            }
            guard !addresses.contains(where: { $0.address == subnet.address }) else {
                throw VIPProtocolError("the address \(subnet.address) is given twice")
            }
            try Self.checkUsable(subnet.address)
            addresses.append(subnet)
        }
        guard addresses.count <= VIPProtocol.mostAddresses else {
            throw VIPProtocolError("\(addresses.count) addresses are more than \(VIPProtocol.mostAddresses)")
        }
        return addresses
    }

    /// A host of its own on a network: no loopback, multicast, broadcast or unspecified address.
    private static func checkUsable(_ address: IPAddress) throws(VIPProtocolError) {
        let bytes = address.bytes
        let isUsable =
            address.isIPv4
            ? bytes[0] != 0 && bytes[0] != 127 && bytes[0] < 224
            : bytes[0] != 0xFF && bytes[..<15].contains { $0 != 0 }
        guard isUsable else { throw VIPProtocolError("\(address) cannot be a virtual address") }
    }
}
