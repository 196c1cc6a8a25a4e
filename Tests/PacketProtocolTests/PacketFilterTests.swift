import Primitives
import Testing

@testable import PacketProtocol

/// Runs a filter as the kernel does; nil for a load past the end (the kernel drops the frame).
private func passes(_ filter: PacketFilter, _ frame: [UInt8]) -> Bool {
    var accumulator: UInt32 = 0
    var index = 0
    while true {
        let step = filter.steps[index]
        let at = Int(step.value)
        index += 1
        switch step.code {
        case 0x20, 0x28, 0x30:
            let size = step.code == 0x20 ? 4 : step.code == 0x28 ? 2 : 1
            guard at + size <= frame.count else { return false }
            accumulator = frame[at..<at + size].reduce(0) { $0 << 8 | UInt32($1) }
        case 0x15: index += Int(accumulator == step.value ? step.ifTrue : step.ifFalse)
        case 0x06: return step.value != 0
        default:
            Issue.record("code \(step.code)")
            return false
        }
    }
}

@Suite struct PacketFilterTests {
    private let addresses = ["10.77.0.50", "10.77.0.51", "fd77::50", "fd77::51", "fd77::52"].map { IPAddress($0)! }

    @Test func arpPassesForItsSendersOnly() {
        let filter = PacketFilter.arp(senders: addresses)
        for address in addresses where address.isIPv4 {
            #expect(passes(filter, ARPPacket.announcement(of: address, by: own).frame))
            #expect(!passes(filter, ARPPacket.probe(for: address, by: own).frame))
        }
        #expect(!passes(filter, ARPPacket.announcement(of: IPAddress("10.77.0.52")!, by: own).frame))
        #expect(!passes(filter, [1, 2, 3]))
    }

    @Test func neighborsPassForTheirTargetsOnly() {
        let filter = PacketFilter.neighbors(targets: addresses)
        for address in addresses where !address.isIPv4 {
            #expect(passes(filter, NeighborPacket.announcement(of: address, by: own).frame))
            #expect(!passes(filter, NeighborPacket.probe(for: address, by: own).frame))
            let asking = NeighborPacket(
                kind: .solicitation, sourceHardware: own, source: address,
                destination: NeighborPacket.solicitedNode(of: vip6), target: vip6, linkLayer: own)
            #expect(passes(filter, asking.frame))
        }
        #expect(!passes(filter, NeighborPacket.announcement(of: IPAddress("fd77::53")!, by: own).frame))
        var tcp = NeighborPacket.announcement(of: addresses[2], by: own).frame
        tcp[20] = 6
        #expect(!passes(filter, tcp))
    }

    @Test func nothingPassesForNobody() {
        #expect(!passes(.arp(senders: []), ARPPacket.announcement(of: vip, by: own).frame))
        #expect(!passes(.neighbors(targets: [vip]), NeighborPacket.announcement(of: vip6, by: own).frame))
    }

    @Test func theMostAddressesStillJumpRight() {
        let many = (0..<PacketFilter.mostAddresses).map { IPAddress(bytes: [10, 1, 0, UInt8($0)]) }
        for address in many {
            #expect(passes(.arp(senders: many), ARPPacket.announcement(of: address, by: own).frame))
        }
        let many6 = (0..<PacketFilter.mostAddresses).map { IPAddress("fd77::\(String($0 + 1, radix: 16))")! }
        for address in many6 {
            #expect(passes(.neighbors(targets: many6), NeighborPacket.announcement(of: address, by: own).frame))
        }
    }
}
