import PacketProtocol
import Primitives
import ProbeProtocol

/// What the kernel and the network send must never trap, must read the same twice, and a packet that was understood
/// must survive being written and read again.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzNetlink(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let input = UnsafeRawBufferPointer(start: bytes, count: count)
    checkNetlink(input.bytes)
    checkFrame(input.bytes)
    checkServers(Array(input))
    return 0
}

private func checkNetlink(_ datagram: RawSpan) {
    let (first, firstError) = parse(datagram)
    let (second, secondError) = parse(datagram)
    precondition(first == second && firstError == secondError, "the same datagram was read in two ways")
    precondition(first.count * NetlinkHeader.size <= datagram.byteCount, "more messages than the datagram can hold")
    if let firstError { precondition(!firstError.description.isEmpty, "an error without a sentence") }
    for case .answer(_, let errno, _) in first { precondition(errno != .min, "an errno that cannot be negated") }
}

private func parse(_ datagram: RawSpan) -> ([NetlinkMessage], NetlinkFormatError?) {
    var list: [NetlinkMessage] = []
    do throws(NetlinkFormatError) {
        try NetlinkMessage.parse(datagram, into: &list)
        return (list, nil)
    } catch {
        return (list, error)
    }
}

private func checkFrame(_ frame: RawSpan) {
    if let packet = ARPPacket(frame: frame) {
        precondition(ARPPacket(frame: packet.frame.span.bytes) == packet, "an ARP packet changed by being written")
    }
    if let packet = NeighborPacket(frame: frame) {
        precondition(NeighborPacket(frame: packet.frame.span.bytes) == packet, "a neighbour packet changed")
    }
    if let seen = Sighting(frame: frame) {
        precondition(seen.address.bytes.contains { $0 != 0 }, "nobody was seen")
    }
}

private func checkServers(_ answer: [UInt8]) {
    let number = answer.dropFirst(24).prefix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    let exchange = TimeExchange(nonce: number)
    do throws(TimeRefusal) {
        let reading = try exchange.read(answer, sentAt: 0, receivedAt: 1_000)
        precondition((1...15).contains(reading.stratum), "a stratum of no server")
    } catch {
        if case .kissOfDeath(let code) = error { precondition(code.utf8.count <= 4, "a long code") }
    }
    precondition(TimeAnswer.to(answer, receivedAt: 0, sentAt: 0).map { $0.count == 48 } ?? true, "a long answer")
    let id = answer.prefix(2).reduce(UInt16(0)) { $0 << 8 | UInt16($1) }
    precondition(NameExchange(id: id).responseCode(answer).map { (0...15).contains($0) } ?? true, "a code of no server")
}
