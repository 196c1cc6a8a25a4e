/// One question to a name server, only to learn whether it answers: who serves the root (RFC 1035 section 4).
public struct NameExchange: Sendable {
    public static let port = 53
    static let headerSize = 12

    let id: UInt16

    /// - Parameter id: random, so that an answer cannot be forged blindly.
    public init(id: UInt16) { self.id = id }

    /// Recursion desired; one question: the empty name, type NS, class IN.
    public var request: [UInt8] {
        [UInt8(id >> 8), UInt8(id & 0xFF), 0x01, 0x00, 0, 1, 0, 0, 0, 0, 0, 0] + [0, 0, 2, 0, 1]
    }

    /// - Returns: the response code, 0 when all is well; nil when this is not the answer to this question.
    public func responseCode(_ answer: [UInt8]) -> Int? {
        guard answer.count >= Self.headerSize, UInt16(answer[0]) << 8 | UInt16(answer[1]) == id,
            answer[2] & 0x80 != 0
        else { return nil }
        return Int(answer[3] & 0x0F)
    }

    /// The names of RFC 1035 section 4.1.1.
    public static func name(ofCode code: Int) -> String {
        switch code {
        case 1: "FORMERR"
        case 2: "SERVFAIL"
        case 3: "NXDOMAIN"
        case 4: "NOTIMP"
        case 5: "REFUSED"
        default: "RCODE \(code)"
        }
    }
}
