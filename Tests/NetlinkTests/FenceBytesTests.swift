import Primitives
import Testing

@testable import Netlink

/// What goes to the kernel, byte for byte (little endian machine).
@Suite struct FenceBytesTests {
    private static let name: [UInt8] = [12, 0, 1, 0] + Array("keelson\0".utf8)

    private func bytes(_ build: (inout NetlinkRequest) -> Void) -> [UInt8] {
        var request = NetlinkRequest()
        request.reset()
        build(&request)
        return request.withBytes { Array($0) }
    }

    @Test func elementWithItsTimeout() {
        let sent = bytes {
            FenceTable.internet.addElement(IPAddress("10.77.0.50")!, milliseconds: 150, into: &$0)
        }
        let header: [UInt8] = [76, 0, 0, 0, 12, 10, 1, 4, 1, 0, 0, 0, 0, 0, 0, 0]
        let family: [UInt8] = [1, 0, 0, 0]
        let set: [UInt8] = [11, 0, 2, 0] + Array("alive4\0".utf8) + [0]
        let key: [UInt8] = [12, 0, 1, 0x80, 8, 0, 1, 0, 10, 77, 0, 50]
        let timeout: [UInt8] = [12, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 150]
        let elements: [UInt8] = [32, 0, 3, 0x80, 28, 0, 1, 0x80] + key + timeout
        #expect(sent == header + family + Self.name + set + elements)
    }

    @Test func elementOfTheARPTableIsDeletedWithoutTimeout() {
        let sent = bytes { FenceTable.arp.deleteElement(IPAddress("10.77.0.50")!, from: &$0) }
        let header: [UInt8] = [64, 0, 0, 0, 14, 10, 1, 0, 1, 0, 0, 0, 0, 0, 0, 0]
        #expect(Array(sent[..<16]) == header)
        #expect(sent[16] == 3)
        #expect(Array(sent[44...]) == [20, 0, 3, 0x80, 16, 0, 1, 0x80, 12, 0, 1, 0x80, 8, 0, 1, 0, 10, 77, 0, 50])
    }

    @Test func flushNamesOnlyTheSetsThatTimeOut() {
        let sent = bytes { FenceTable.internet.flush(into: &$0) }
        #expect(sent.count == 2 * 44)
        #expect(String(decoding: sent, as: UTF8.self).contains("alive4"))
        #expect(!String(decoding: sent, as: UTF8.self).contains("guarded"))
    }

    @Test func messagesCountTheirSequence() {
        var request = NetlinkRequest()
        for _ in 0..<2 {
            request.reset()
            FenceTable.internet.delete(into: &request)
            FenceTable.arp.delete(into: &request)
        }
        #expect(request.firstSequence == 3 && request.lastSequence == 4)
        #expect(request.withBytes { $0.count } == 2 * 32)
    }

    @Test func installMentionsEveryGuardedAddress() {
        let guarded = ["10.77.0.50", "fd77::50"].map { IPAddress($0)! }
        let internet = bytes { FenceTable.internet.install(into: &$0, guarded: guarded) }
        let arp = bytes { FenceTable.arp.install(into: &$0, guarded: guarded) }
        #expect(internet.contains(guarded[0].bytes) && internet.contains(guarded[1].bytes))
        #expect(arp.contains(guarded[0].bytes) && !arp.contains(guarded[1].bytes))
    }
}

@Suite struct NetlinkErrorTests {
    @Test func refusalIsASentence() {
        let error = NetlinkError.refused(request: "add the address 10.0.0.1/24", errno: 1, reason: "no room")
        #expect("\(error)" == "cannot add the address 10.0.0.1/24: Operation not permitted (errno 1): no room")
    }
}
