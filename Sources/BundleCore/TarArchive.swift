/// A tape archive of plain files in the form of POSIX.1-1988 (ustar), which every tar reads.
public struct TarArchive: Sendable {
    private static let block = 512
    /// Of the name field.
    public static let longestName = 100

    public private(set) var bytes: [UInt8] = []

    public init() {}

    /// - Parameters:
    ///   - name: relative, ASCII, at most 100 bytes.
    ///   - modified: Unix time.
    /// - Precondition: as the parameters say; less than 8 GiB.
    public mutating func add(_ name: String, _ content: [UInt8], modified: Int64) {
        precondition((1...Self.longestName).contains(name.utf8.count) && !name.hasPrefix("/"), "the name \(name)")
        var header = [UInt8](repeating: 0, count: Self.block)
        func put(_ text: String, at offset: Int) {
            header.replaceSubrange(offset..<offset + text.utf8.count, with: text.utf8)
        }
        put(name, at: 0)
        put("0000600", at: 100)
        put("0000000", at: 108)
        put("0000000", at: 116)
        put(Self.octal(Int64(content.count), 11), at: 124)
        put(Self.octal(max(0, modified), 11), at: 136)
        // The checksum is made with blanks in its own place.
        put("        ", at: 148)
        put("0", at: 156)
        put("ustar\u{0}00root", at: 257)
        put("root", at: 297)
        put(Self.octal(header.reduce(0) { $0 + Int64($1) }, 6) + "\u{0} ", at: 148)
        bytes += header
        bytes += content
        bytes += [UInt8](repeating: 0, count: (Self.block - content.count % Self.block) % Self.block)
    }

    /// Two empty blocks are the end.
    public mutating func finish() { bytes += [UInt8](repeating: 0, count: 2 * Self.block) }

    private static func octal(_ number: Int64, _ digits: Int) -> String {
        let text = String(number, radix: 8)
        precondition(text.utf8.count <= digits, "\(number) does not fit")
        return String(repeating: "0", count: digits - text.utf8.count) + text
    }
}
