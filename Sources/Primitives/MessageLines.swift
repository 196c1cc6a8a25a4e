/// Cuts a stream of bytes into lines, each of them one message.
public struct MessageLines: Sendable {
    private let limit: Int
    private var bytes: [UInt8] = []

    /// - Parameter limit: bytes of the longest line, without its line feed.
    public init(limit: Int) { self.limit = limit }

    public mutating func append(_ more: some Collection<UInt8>) { bytes.append(contentsOf: more) }

    /// The next whole line without its line feed, or nil.
    /// - Throws: `MessageTooLong`; the connection is of no more use then.
    public mutating func next() throws(MessageTooLong) -> [UInt8]? {
        let end = bytes.firstIndex(of: UInt8(ascii: "\n"))
        guard end ?? bytes.count <= limit else { throw MessageTooLong(limit: limit) }
        guard let end else { return nil }
        defer { bytes.removeSubrange(...end) }
        return Array(bytes[..<end])
    }
}

/// A line that is longer than any message.
public struct MessageTooLong: Error, Equatable, CustomStringConvertible {
    public let limit: Int

    public var description: String { "the line is longer than \(limit) bytes" }
}
