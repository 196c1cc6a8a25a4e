import NBDProtocol
import Testing

@Suite struct RequestTests {
    private static let terms = NBDTerms(size: 1 << 20, blockSize: 512, contexts: [NBDTerms.allocation])
    private static let agreed = NBDTransmission(name: "a", terms: terms, isStructured: true, contexts: [0])

    private func verdict(
        _ command: UInt16, _ offset: UInt64 = 0, _ length: UInt32 = 0, flags: NBDRequestFlags = [],
        _ agreed: NBDTransmission = RequestTests.agreed
    ) -> NBDRequest.Verdict {
        NBDRequest(flags: flags, type: command, cookie: 1, offset: offset, length: length).verdict(agreed)
    }

    @Test func headIsReadAsItIsWritten() {
        let bytes = Hex.bytes("25609513 0001 0006 1122334455667788 0000000000001000 00000200")
        let request = bytes.withUnsafeBytes { NBDRequest($0) }
        #expect(
            request
                == NBDRequest(flags: .forced, type: 6, cookie: 0x1122_3344_5566_7788, offset: 4096, length: 512))
        let other = Hex.bytes("25609514") + Array(bytes[4...])
        #expect(other.withUnsafeBytes { NBDRequest($0) } == nil)
    }

    @Test func whatIsInsideAndAlignedIsServed() {
        #expect(verdict(0, 512, 512) == .serve(.read))
        #expect(verdict(1, 0, 1 << 20, flags: .forced) == .serve(.write))
        #expect(verdict(2) == .serve(.disconnect))
        #expect(verdict(3) == .serve(.flush))
        #expect(verdict(4, 0, 1 << 20) == .serve(.trim))
        #expect(verdict(6, 0, 512, flags: [.noHole, .fastZero]) == .serve(.writeZeroes))
        #expect(verdict(7, 0, 512, flags: .oneExtent) == .serve(.blockStatus))
    }

    @Test func whatIsNotIsRefused() {
        // Unknown, cache, resize, out of range, past 64 bits, not aligned, empty, flags of others, flush with a range.
        #expect(verdict(9, 0, 512) == .refuse(.invalid))
        #expect(verdict(5, 0, 512) == .refuse(.invalid))
        #expect(verdict(8, 0, 512) == .refuse(.invalid))
        #expect(verdict(0, 1 << 20, 512) == .refuse(.invalid))
        #expect(verdict(1, (1 << 20) - 512, 1024) == .refuse(.noSpace))
        #expect(verdict(0, ~511, 512) == .refuse(.invalid))
        #expect(verdict(0, 100, 512) == .refuse(.invalid))
        #expect(verdict(0, 0, 100) == .refuse(.invalid))
        #expect(verdict(0, 0, 0) == .refuse(.invalid))
        #expect(verdict(1, 0, 512, flags: .oneExtent) == .refuse(.invalid))
        #expect(verdict(3, 512, 0) == .refuse(.invalid))
        #expect(verdict(0, 0, (32 << 20) + 512) == .refuse(.overflow))
        #expect(verdict(1, 0, (32 << 20) + 512) == .hangUp)
    }

    @Test func readOnlyAndSimpleConnectionsAllowLess() {
        var readOnly = Self.agreed
        readOnly.terms.isReadOnly = true
        for command in [UInt16(1), 4, 6] { #expect(verdict(command, 0, 512, readOnly) == .refuse(.notPermitted)) }
        #expect(verdict(0, 0, 512, readOnly) == .serve(.read))
        let simple = NBDTransmission(name: "a", terms: Self.terms, isStructured: false)
        #expect(verdict(0, 0, 512, flags: .doNotFragment, simple) == .refuse(.invalid))
        #expect(verdict(7, 0, 512, simple) == .refuse(.invalid))
    }

    @Test func repliesAreWrittenAsSpecified() {
        withMemory { memory in
            #expect(
                bytes(memory, NBDReply.simple(memory, cookie: 2)) == Hex.bytes("67446698 00000000 0000000000000002"))
            #expect(
                bytes(memory, NBDReply.simple(memory, cookie: 2, error: .noSpace))
                    == Hex.bytes("67446698 0000001c 0000000000000002"))
            #expect(
                bytes(memory, NBDReply.data(memory, cookie: 2, offset: 512, length: 1024))
                    == Hex.bytes("668e33ef 00010001 0000000000000002 00000408 0000000000000200"))
            #expect(
                bytes(memory, NBDReply.error(memory, cookie: 2, .inputOutput))
                    == Hex.bytes("668e33ef 00018001 0000000000000002 00000006 00000005 0000"))
            let extents = [NBDReply.Extent(length: 512, flags: 0), NBDReply.Extent(length: 1024, flags: 3)]
            #expect(
                bytes(memory, NBDReply.blockStatus(memory, cookie: 2, context: 1, extents: extents, isLast: false))
                    == Hex.bytes(
                        "668e33ef 00000005 0000000000000002 00000014 00000001 00000200 00000000 00000400 00000003"))
        }
    }

    @Test func errorsOfTheSystemHaveANumberOfTheProtocol() {
        let numbers: [Int32: NBDError] = [
            1: .notPermitted, 5: .inputOutput, 28: .noSpace, 30: .notPermitted, 95: .notSupported, 122: .noSpace,
            9999: .inputOutput, -1: .inputOutput,
        ]
        for (errno, error) in numbers { #expect(NBDError(errno: errno) == error) }
    }

    private func withMemory(_ body: (UnsafeMutableRawPointer) -> Void) {
        let memory = UnsafeMutableRawPointer.allocate(byteCount: 256, alignment: 16)
        defer { memory.deallocate() }
        body(memory)
    }

    private func bytes(_ memory: UnsafeMutableRawPointer, _ count: Int) -> [UInt8] {
        Array(UnsafeRawBufferPointer(start: memory, count: count))
    }
}
