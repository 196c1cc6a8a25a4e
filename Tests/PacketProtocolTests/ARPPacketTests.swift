import Primitives
import Testing

@testable import PacketProtocol

let own = HardwareAddress("02:00:00:00:00:0a")!
let other = HardwareAddress("02:00:00:00:00:0b")!
let vip = IPAddress("10.77.0.50")!

/// Reads bytes as a frame.
func parse<Value>(_ bytes: [UInt8], _ body: (RawSpan) -> Value) -> Value { body(bytes.span.bytes) }

@Suite struct ARPPacketTests {
    @Test func announcementIsAGratuitousRequest() {
        #expect(
            ARPPacket.announcement(of: vip, by: own).frame == [
                255, 255, 255, 255, 255, 255, 2, 0, 0, 0, 0, 10, 8, 6,
                0, 1, 8, 0, 6, 4, 0, 1,
                2, 0, 0, 0, 0, 10, 10, 77, 0, 50,
                0, 0, 0, 0, 0, 0, 10, 77, 0, 50,
            ])
    }

    @Test func unsolicitedReplyIsBroadcast() {
        let frame = ARPPacket.unsolicitedReply(of: vip, by: own).frame
        #expect(Array(frame[20..<22]) == [0, 2])
        #expect(Array(frame[..<6]) == [255, 255, 255, 255, 255, 255])
        #expect(Array(frame[28..<32]) == vip.bytes && Array(frame[38...]) == vip.bytes)
    }

    @Test func probeClaimsNothing() {
        let frame = ARPPacket.probe(for: vip, by: own).frame
        #expect(Array(frame[28..<32]) == [0, 0, 0, 0])
        #expect(parse(frame) { Sighting(frame: $0) } == nil)
    }

    @Test func readsWhatItWrites() {
        for packet in [
            ARPPacket.announcement(of: vip, by: own), .unsolicitedReply(of: vip, by: own), .probe(for: vip, by: own),
        ] {
            #expect(parse(packet.frame) { ARPPacket(frame: $0) } == packet)
        }
    }

    @Test func everyCutFrameIsRefused() {
        let frame = ARPPacket.announcement(of: vip, by: own).frame
        for length in 0..<frame.count {
            #expect(parse(Array(frame[..<length])) { ARPPacket(frame: $0) } == nil, "\(length) bytes")
        }
    }

    @Test(arguments: [(12, 9), (15, 6), (16, 9), (18, 8), (19, 16), (21, 3), (20, 1)])
    func anotherProtocolIsRefused(offset: Int, value: UInt8) {
        var frame = ARPPacket.announcement(of: vip, by: own).frame
        frame[offset] = value
        #expect(parse(frame) { ARPPacket(frame: $0) } == nil)
    }

    @Test func sightingNamesTheSender() {
        let frame = ARPPacket.unsolicitedReply(of: vip, by: other).frame
        #expect(parse(frame) { Sighting(frame: $0) } == Sighting(address: vip, holder: other))
    }
}
