import TapCore
import Testing

@Suite struct ZeroScanTests {
    @Test func oneByteAnywhereIsSeen() {
        for length in [1, 7, 8, 512, 513, 4096] {
            var bytes = [UInt8](repeating: 0, count: length)
            #expect(bytes.withUnsafeBytes { ZeroScan.isZero($0) })
            for place in [0, length / 2, length - 1] {
                bytes[place] = 1
                #expect(!bytes.withUnsafeBytes { ZeroScan.isZero($0) })
                bytes[place] = 0
            }
        }
    }

    @Test func stretchesAreJoined() {
        var bytes = [UInt8](repeating: 0, count: 4096 * 6 + 512)
        bytes[4096 * 2] = 1
        bytes[4096 * 4 - 1] = 1
        bytes[4096 * 6 + 5] = 1
        var found: [String] = []
        bytes.withUnsafeBytes { ZeroScan.split($0, block: 4096) { found.append("\($0) \($1)") } }
        #expect(found == ["0..<8192 true", "8192..<16384 false", "16384..<24576 true", "24576..<25088 false"])
    }
}
