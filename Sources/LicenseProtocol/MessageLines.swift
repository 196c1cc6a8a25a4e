/// Cuts a stream of bytes into lines, each of them one message.
public struct MessageLines: Sendable {
    private var bytes: [UInt8] = []

    public init() {}

    public mutating func append(_ more: some Collection<UInt8>) { bytes.append(contentsOf: more) }

    /// The next whole line without its line feed, or nil.
    /// - Throws: `MessageTooLong`; the connection is of no more use then.
    public mutating func next() throws(MessageTooLong) -> [UInt8]? {
        let end = bytes.firstIndex(of: UInt8(ascii: "\n"))
        guard end ?? bytes.count <= ValidatorRequest.longestLine else { throw MessageTooLong() }
        guard let end else { return nil }
        defer { bytes.removeSubrange(...end) }
        return Array(bytes[..<end])
    }
}

/// A line that is longer than any message.
public struct MessageTooLong: Error, Equatable, CustomStringConvertible {
    public var description: String { "the line is longer than \(ValidatorRequest.longestLine) bytes" }
}
