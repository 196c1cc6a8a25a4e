import APIProtocol
import HTTPTypes
import Hummingbird
import NIOCore

/// `GET /live`: the one stream of a browser.
struct LiveStream: Sendable {
    /// So often a stream's session is looked at again.
    private static let recheck = Duration.seconds(10)

    let hub: LiveHub
    let upstream: Upstream

    func respond(to visitor: Visitor) async throws -> Response {
        do { _ = try await upstream.call(.status, as: visitor.asker) } catch let error as APIError {
            // A browser asks again after any error; only a stream can tell it that there is nothing to wait for.
            guard Self.isFinal(error) else { return Response(status: HTTPResponse.Status(code: error.code.status)) }
            return Self.answer(ResponseBody(byteBuffer: LiveHub.ended))
        }
        let stream = await hub.subscribe(visitor.language)
        let upstream = upstream
        let body = ResponseBody { writer in
            let clock = ContinuousClock()
            var due = clock.now + Self.recheck
            for await message in stream {
                try await writer.write(message)
                guard clock.now >= due else { continue }
                due = clock.now + Self.recheck
                if await Self.hasEnded(visitor, upstream) {
                    try await writer.write(LiveHub.ended)
                    break
                }
            }
            try await writer.finish(nil)
        }
        return Self.answer(body)
    }

    private static func answer(_ body: ResponseBody) -> Response {
        Response(status: .ok, headers: [.contentType: "text/event-stream", .cacheControl: "no-store"], body: body)
    }

    private static func isFinal(_ error: APIError) -> Bool { [401, 403].contains(error.code.status) }

    /// Only a clear no ends a stream: a cluster without a master at the moment says nothing about sessions.
    private static func hasEnded(_ visitor: Visitor, _ upstream: Upstream) async -> Bool {
        do {
            _ = try await upstream.call(.status, as: visitor.asker)
            return false
        } catch let error as APIError {
            return isFinal(error)
        } catch {
            return false
        }
    }
}
