/// The little of HTTP/1.1 that a health check needs: status and body of an answer to `Connection: close`.
struct HTTPAnswer: Equatable {
    let status: Int
    let body: String

    static func request(_ path: String) -> String {
        "GET \(path) HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    }

    /// - Parameter isClosed: whether nothing will follow.
    /// - Returns: nil while the answer is not complete.
    static func parse(_ bytes: [UInt8], isClosed: Bool) -> HTTPAnswer? {
        let text = String(decoding: bytes, as: UTF8.self)
        // Swift takes CR LF for one character.
        guard let end = text.range(of: "\r\n\r\n") else { return nil }
        let lines = text[..<end.lowerBound].split(separator: "\r\n")
        guard let words = lines.first?.split(separator: " "), words.count >= 2, words[0].hasPrefix("HTTP/1."),
            let status = Int(words[1])
        else { return HTTPAnswer(status: 0, body: String(text.prefix(100))) }
        let body = String(text[end.upperBound...])
        let length = lines.dropFirst().compactMap { line -> Int? in
            let parts = line.split(separator: ":", maxSplits: 1)
            guard parts.count == 2, parts[0].lowercased() == "content-length" else { return nil }
            return Int(parts[1].drop { $0 == " " })
        }.first
        guard isClosed || body.utf8.count >= length ?? .max else { return nil }
        return HTTPAnswer(status: status, body: body)
    }
}

extension StringProtocol {
    fileprivate func range(of other: String) -> Range<Index>? { firstRange(of: other) }
}
