/// Cuts a stream of bytes into lines and refuses what is too long or not UTF-8.
public struct LineBuffer: Sendable {
    private var bytes: [UInt8] = []

    public init() {}

    public mutating func append(_ more: some Collection<UInt8>) { bytes.append(contentsOf: more) }

    /// The next whole line without its end (`\n` or `\r\n`), or nil.
    /// - Throws: `SupervisorProtocolError`; the connection is of no more use then.
    public mutating func next() throws(SupervisorProtocolError) -> String? {
        guard let end = bytes.firstIndex(of: UInt8(ascii: "\n")) else {
            guard bytes.count <= SupervisorRequest.longestLine else {
                throw SupervisorProtocolError("the line is longer than \(SupervisorRequest.longestLine) bytes")
            }
            return nil
        }
        guard end <= SupervisorRequest.longestLine else {
            throw SupervisorProtocolError("the line is longer than \(SupervisorRequest.longestLine) bytes")
        }
        var line = bytes[..<end]
        if line.last == UInt8(ascii: "\r") { line = line.dropLast() }
        guard let text = String(validating: line, as: UTF8.self) else {
            throw SupervisorProtocolError("the line is not UTF-8")
        }
        bytes.removeSubrange(...end)
        return text
    }
}
