import Primitives
import Testing

@testable import PacketProtocol

/// Messages as the kernel (little endian here) lays them out.
private struct Builder {
    private(set) var bytes: [UInt8] = []

    static func attribute(_ type: UInt16, _ value: [UInt8]) -> [UInt8] {
        var bytes = little(UInt16(value.count + 4)) + little(type) + value
        while bytes.count % 4 != 0 { bytes.append(0) }
        return bytes
    }

    static func little<Value: FixedWidthInteger>(_ value: Value) -> [UInt8] {
        withUnsafeBytes(of: value.littleEndian) { Array($0) }
    }

    mutating func message(_ type: UInt16, flags: UInt16 = 0, sequence: UInt32 = 7, _ payload: [UInt8]) {
        bytes += Self.little(UInt32(16 + payload.count)) + Self.little(type) + Self.little(flags)
        bytes += Self.little(sequence) + Self.little(UInt32(99)) + payload
    }
}

private func read(_ bytes: [UInt8]) throws(NetlinkFormatError) -> [NetlinkMessage] {
    var list: [NetlinkMessage] = []
    try NetlinkMessage.parse(bytes.span.bytes, into: &list)
    return list
}

@Suite struct NetlinkMessageTests {
    @Test func answerCarriesTheKernelsWords() throws {
        var builder = Builder()
        let request = Builder.little(UInt32(40)) + [20, 0, 5, 0] + Builder.little(UInt32(12)) + [0, 0, 0, 0]
        let text = Builder.attribute(1, Array("no such thing\0".utf8))
        builder.message(2, flags: 0x300, sequence: 12, Builder.little(Int32(-2)) + request + text)
        builder.message(2, flags: 0x100, sequence: 13, Builder.little(Int32(0)) + request)
        #expect(
            try read(builder.bytes) == [
                .answer(sequence: 12, errno: 2, reason: "no such thing"),
                .answer(sequence: 12, errno: 0, reason: nil),
            ])
    }

    @Test func linkWithCarrierIsUp() throws {
        var builder = Builder()
        let attributes = Builder.attribute(3, Array("eth0\0".utf8)) + Builder.attribute(1, own.bytes)
        let head = { (flags: UInt32) in [0, 0, 1, 0] + Builder.little(Int32(4)) + Builder.little(flags) + [0, 0, 0, 0] }
        builder.message(16, head(0x10043) + attributes)
        builder.message(16, head(0x1003) + attributes)
        builder.message(17, head(0x10043) + attributes)
        let link = { LinkState(index: 4, name: "eth0", isUp: $0, exists: $1, hardware: own) }
        #expect(
            try read(builder.bytes) == [.link(link(true, true)), .link(link(false, true)), .link(link(false, false))])
    }

    @Test func addressPrefersTheLocalEndAndTellsItsOrigin() throws {
        var builder = Builder()
        let attributes =
            Builder.attribute(1, [10, 0, 0, 2]) + Builder.attribute(2, vip.bytes) + Builder.attribute(11, [75])
            + Builder.attribute(8, Builder.little(UInt32(0x280)))
            + Builder.attribute(
                6, Builder.little(UInt32(1)) + Builder.little(UInt32(3)) + [UInt8](repeating: 0, count: 8))
        builder.message(20, [2, 24, 0x80, 0] + Builder.little(Int32(4)) + attributes)
        builder.message(20, [10, 64, 0, 0] + Builder.little(Int32(4)) + Builder.attribute(1, vip6.bytes))
        builder.message(20, [99, 64, 0, 0] + Builder.little(Int32(4)))
        #expect(
            try read(builder.bytes) == [
                .address(
                    AddressState(
                        index: 4, subnet: Subnet("10.77.0.50/24")!, origin: 75, flags: 0x280, validSeconds: 3)),
                .address(
                    AddressState(
                        index: 4, subnet: Subnet(address: vip6, prefixLength: 64)!, origin: 0, flags: 0,
                        validSeconds: nil)),
                .other(type: 20),
            ])
    }

    @Test func lengthsThatPointOutsideAreRefused() {
        var builder = Builder()
        builder.message(16, [0, 0, 1, 0] + Builder.little(Int32(4)) + Builder.little(UInt32(1)) + [0, 0, 0, 0])
        var tooLong = builder.bytes
        tooLong[0] += 1
        #expect(throws: NetlinkFormatError(description: "a netlink message gives 33 bytes of 32")) {
            try read(tooLong)
        }
        var tooShort = builder.bytes
        tooShort[0] = 15
        #expect(throws: NetlinkFormatError.self) { try read(tooShort) }
        #expect(throws: NetlinkFormatError.self) { try read(Array(builder.bytes[..<10])) }
    }

    @Test func attributeThatPointsOutsideIsRefused() {
        for length: UInt16 in [0, 3, 9, 65_535] {
            var builder = Builder()
            let head = [0, 0, 1, 0] + Builder.little(Int32(4)) + Builder.little(UInt32(1)) + [0, 0, 0, 0]
            builder.message(16, head + Builder.little(length) + Builder.little(UInt16(3)) + [65, 0, 0, 0])
            #expect(throws: NetlinkFormatError.self) { try read(builder.bytes) }
        }
    }

    @Test func anyCutEitherReadsOrThrows() {
        var builder = Builder()
        builder.message(2, flags: 0x200, Builder.little(Int32.min) + [UInt8](repeating: 255, count: 20))
        builder.message(20, [2, 24, 0, 0] + Builder.little(Int32(4)) + Builder.attribute(2, [1]))
        for length in 0...builder.bytes.count {
            let outcome = Result { try read(Array(builder.bytes[..<length])) }
            if case .success(let list) = outcome { #expect(list.count <= 2) }
        }
    }
}
