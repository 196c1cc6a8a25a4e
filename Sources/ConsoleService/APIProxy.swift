import APIProtocol
import AsyncHTTPClient
import FoundationEssentials
import HTTPTypes
import Hummingbird
import NIOCore
import NIOHTTP1

/// `/v1` and `/metrics`: passed on to the cluster daemon with the caller's own token, and back. A browser's cookie is
/// not looked at here, so that no other site can use it.
struct APIProxy: Sendable {
    /// Bytes of a request; the cluster daemon's own limit is lower.
    static let longestBody = 1 << 20

    let upstream: Upstream

    private static let passedOn: [HTTPField.Name] = [
        .authorization, .contentType, .accept, HTTPField.Name("Idempotency-Key")!, HTTPField.Name("Prefer")!,
    ]
    private static let passedBack: Set<String> = [
        "content-type", "content-disposition", "retry-after", "www-authenticate", "location", "cache-control",
    ]

    func respond(to request: Request, context: ConsoleContext) async throws -> Response {
        let headers = Self.passedOn.flatMap { name in
            request.headers[values: name].map { (name.canonicalName, $0) }
        }
        let response: HTTPClientResponse
        do {
            let body = try await request.body.collect(upTo: Self.longestBody)
            response = try await upstream.execute(
                request.method.rawValue, request.uri.string, headers: headers,
                body: body.readableBytes > 0 ? body : nil,
                as: .visitor(token: nil, client: context.client))
        } catch is NIOTooManyBytesError {
            return try ErrorAnswer.json(APIError(.tooLarge, ["limit": "\(Self.longestBody)"]))
        } catch let error as APIError {
            return try ErrorAnswer.json(error)
        }
        var fields = HTTPFields()
        for (name, value) in response.headers where Self.passedBack.contains(name.lowercased()) {
            if let name = HTTPField.Name(name) { fields.append(HTTPField(name: name, value: value)) }
        }
        return Response(
            status: HTTPResponse.Status(code: Int(response.status.code)), headers: fields,
            body: try await Self.body(response))
    }

    /// What is short goes in one piece, with its length; an export goes as it comes.
    private static func body(_ response: HTTPClientResponse) async throws -> ResponseBody {
        guard let length = response.headers.first(name: "content-length").flatMap(Int.init), length <= longestBody
        else { return response.status == .noContent ? ResponseBody() : ResponseBody(asyncSequence: response.body) }
        return ResponseBody(byteBuffer: try await response.body.collect(upTo: longestBody))
    }
}

/// Errors of the console itself in the API's form.
enum ErrorAnswer {
    static func json(_ error: APIError) throws -> Response {
        Response(
            status: HTTPResponse.Status(code: error.code.status),
            headers: [.contentType: "application/json; charset=utf-8", .cacheControl: "no-store"],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: try JSONEncoder.sorted.encode(error))))
    }
}

extension JSONEncoder {
    static var sorted: JSONEncoder {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return encoder
    }
}
