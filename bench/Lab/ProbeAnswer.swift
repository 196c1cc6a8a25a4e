/// The part of an HTTP answer that the client of the VIP needs: who answered.
public struct ProbeAnswer: Equatable, Sendable {
    /// Name of the node; nil when the answer is not a good one.
    public let node: String?

    /// - Returns: nil as long as the answer is not complete.
    public init?(target: ProbeRow.Target, bytes: [UInt8]) {
        let text = String(decoding: bytes, as: UTF8.self)
        guard let head = text.firstRange(of: "\r\n\r\n") else { return nil }
        let lines = text[..<head.lowerBound].lowercased().split(separator: "\r\n")
        let body = text[head.upperBound...]
        let length = lines.first { $0.hasPrefix("content-length:") }
            .flatMap { Int($0.dropFirst("content-length:".count).trimmingPrefix(" ")) }
        guard let length, body.utf8.count >= length else { return nil }
        guard let status = lines.first?.split(separator: " ").dropFirst().first, status == "200" else {
            node = nil
            return
        }
        switch target {
        case .responder: node = String(body)
        case .api: node = Self.name(in: body)
        }
    }

    /// `{"isSelf":true,"name":"n1",…}` → `n1`: the node that answers, whoever it believes to be the master.
    private static func name(in body: Substring) -> String? {
        let compact = body.filter { !$0.isWhitespace }
        guard let key = compact.firstRange(of: #""name":""#) else { return nil }
        return String(compact[key.upperBound...].prefix { $0 != "\"" })
    }
}
