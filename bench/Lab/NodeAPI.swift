import APIProtocol
import Foundation
import Glibc
import Linux
import Primitives

/// Asks a node's cluster daemon over its Unix socket, without starting a program for each question.
public struct NodeAPI: Sendable {
    let socket: String

    /// The answer of a route of the API.
    /// - Throws: `LabError` when nobody listens, the answer does not come in time, or it is an error.
    public func get<T: Decodable>(_ type: T.Type, _ path: String, within limit: Span = .seconds(2)) throws(LabError)
        -> T
    {
        let body = try body(path, within: limit)
        do {
            return try JSONDecoder().decode(type, from: body)
        } catch {
            throw LabError("The answer to \(path) at \(socket) is not understood: \(error)")
        }
    }

    private func body(_ path: String, within limit: Span) throws(LabError) -> Data {
        let bytes: [UInt8]
        do throws(SystemError) {
            bytes = try exchange(
                "GET \(path) HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", until: LabClock.now() + limit)
        } catch {
            throw LabError("\(error)")
        }
        let data = Data(bytes)
        guard let head = data.firstRange(of: Data("\r\n\r\n".utf8)) else {
            throw LabError("\(socket) gave no whole answer to \(path) within \(limit.seconds) s.")
        }
        let body = data[head.upperBound...]
        let status = String(decoding: data[..<head.lowerBound], as: UTF8.self).split(separator: " ").dropFirst().first
        guard status == "200" else {
            throw LabError(
                "\(socket) answered \(path) with \(status ?? "nothing"): "
                    + String(decoding: body.prefix(300), as: UTF8.self))
        }
        return body
    }

    private func exchange(_ request: String, until deadline: Instant) throws(SystemError) -> [UInt8] {
        let connection = try UnixSocket.connect(socket, kind: .stream)
        try connection.write(Array(request.utf8), subject: socket)
        var answer: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 16_384)
        while true {
            let left = deadline - LabClock.now()
            guard left > .zero else { return answer }
            var entry = pollfd(fd: connection.raw, events: Int16(POLLIN), revents: 0)
            guard poll(&entry, 1, Int32(clamping: left.milliseconds + 1)) > 0 else { continue }
            let count = read(connection.raw, &buffer, buffer.count)
            if count == 0 { return answer }
            if count > 0 {
                answer.append(contentsOf: buffer[..<count])
            } else if errno != EAGAIN, errno != EINTR {
                throw SystemError(operation: "read", subject: socket, errno: errno)
            }
        }
    }
}
