import Primitives
import Testing

@testable import PacketProtocol

let vip6 = IPAddress("fd77::12:3450")!

@Suite struct NeighborPacketTests {
    @Test func announcementIsAnOverridingAdvertisementToAllNodes() {
        let frame = NeighborPacket.announcement(of: vip6, by: own).frame
        #expect(Array(frame[..<14]) == [0x33, 0x33, 0, 0, 0, 1, 2, 0, 0, 0, 0, 10, 0x86, 0xDD])
        #expect(Array(frame[14..<22]) == [0x60, 0, 0, 0, 0, 32, 58, 255])
        #expect(Array(frame[22..<38]) == vip6.bytes)
        #expect(Array(frame[38..<54]) == IPAddress("ff02::1")!.bytes)
        #expect(frame[54] == 136 && frame[55] == 0)
        #expect(Array(frame[58..<62]) == [0x20, 0, 0, 0])
        #expect(Array(frame[62..<78]) == vip6.bytes)
        #expect(Array(frame[78...]) == [2, 1] + own.bytes)
    }

    /// A checksum computed by hand (RFC 1071) for a message of few bits.
    @Test func checksumOfAKnownMessage() {
        let source = IPAddress("::1")!
        let message: [UInt8] = [135, 0, 0, 0]
        // 1 + 1 + 4 + 58 + 0x8700 = 0x8740; its complement.
        #expect(NeighborPacket.checksum(source: source, destination: source, message: message) == 0x78BF)
    }

    @Test func probeAsksTheSolicitedNodeGroupFromNobody() {
        let frame = NeighborPacket.probe(for: vip6, by: own).frame
        #expect(Array(frame[..<6]) == [0x33, 0x33, 0xFF, 0x12, 0x34, 0x50])
        #expect(Array(frame[38..<54]) == IPAddress("ff02::1:ff12:3450")!.bytes)
        #expect(frame.count == 78)
        #expect(parse(frame) { Sighting(frame: $0) } == nil)
    }

    @Test func readsWhatItWrites() {
        for packet in [NeighborPacket.announcement(of: vip6, by: own), .probe(for: vip6, by: own)] {
            #expect(parse(packet.frame) { NeighborPacket(frame: $0) } == packet)
        }
    }

    @Test func everyCutAndEveryFlippedBitIsRefused() {
        let frame = NeighborPacket.announcement(of: vip6, by: own).frame
        for length in 0..<frame.count {
            #expect(parse(Array(frame[..<length])) { NeighborPacket(frame: $0) } == nil, "\(length) bytes")
        }
        // From the type to the end everything is under the checksum.
        for bit in 54 * 8..<frame.count * 8 {
            var damaged = frame
            damaged[bit / 8] ^= 1 << UInt8(bit % 8)
            #expect(parse(damaged) { NeighborPacket(frame: $0) } == nil, "bit \(bit)")
        }
    }

    @Test func routedPacketIsRefused() {
        var frame = NeighborPacket.announcement(of: vip6, by: own).frame
        frame[21] = 254
        #expect(parse(frame) { NeighborPacket(frame: $0) } == nil)
    }

    @Test func optionWithoutLengthIsRefused() {
        let packet = NeighborPacket.announcement(of: vip6, by: own)
        var frame = packet.frame
        frame[79] = 0
        frame[56] = 0
        frame[57] = 0
        let sum = NeighborPacket.checksum(
            source: packet.source, destination: packet.destination, message: Array(frame[54...]))
        frame[56] = UInt8(sum >> 8)
        frame[57] = UInt8(sum & 0xFF)
        #expect(parse(frame) { NeighborPacket(frame: $0) } == nil)
    }

    @Test(arguments: ["::", "ff02::1"])
    func targetThatNobodyCanHaveIsRefused(target: String) {
        let frame = NeighborPacket.announcement(of: IPAddress(target)!, by: own).frame
        #expect(parse(frame) { NeighborPacket(frame: $0) } == nil)
    }

    @Test func sightingNamesTheHolder() {
        let frame = NeighborPacket.announcement(of: vip6, by: other).frame
        #expect(parse(frame) { Sighting(frame: $0) } == Sighting(address: vip6, holder: other))
    }
}
