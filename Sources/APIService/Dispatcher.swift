import APIProtocol
import HTTPTypes
import Hummingbird
import Logging
import NIOCore

/// From an HTTP request to its answer: who asks, may they, what do they say, what does the cluster answer.
struct Dispatcher: Sendable {
    let gate: Gate
    let forwarder: (any RequestForwarder)?

    func respond(to request: Request, context: APIContext, with route: Route) async throws -> Response {
        var parts = RouteRequest()
        parts.id = context.parameters.get("id") ?? ""
        parts.name = context.parameters.get("name") ?? ""
        let audit = AuditClerk(control: gate.control, endpoint: route.endpoint, client: try client(request, context))
        let caller: Caller
        do {
            caller = try await gate.caller(of: request, context: context, to: route.endpoint)
            parts.query = try Self.query(request)
            if route.endpoint.method != .get {
                parts.body = try await Self.body(request, limit: route.endpoint.bodyLimit)
            }
            parts.isAsync = RequestManner(request).isAsync
        } catch let refusal as Refusal {
            await audit.note(refusal.caller, parts, outcome: refusal.error.code.rawValue)
            throw refusal.error
        }
        let answer: RouteAnswer
        let isHeld: Bool
        do {
            (answer, isHeld) = try await Caller.$client.withValue(audit.client) {
                try await Caller.$current.withValue(caller) { [parts] in
                    try await handled(parts, request, caller, with: route)
                }
            }
        } catch let error as APIError where error.code == .notMaster {
            return Self.response(try await forward(request, parts, caller, audit.client, error))
        } catch {
            await audit.note(caller, parts, outcome: (error as? APIError)?.code.rawValue ?? "internalError")
            throw error
        }
        await audit.note(caller, parts, outcome: isHeld ? AuditNote.held : AuditNote.done)
        return Self.response(answer)
    }

    /// What destroys may have to wait for a second pair of eyes.
    func perform(_ route: Route, _ parts: RouteRequest) async throws -> (RouteAnswer, isHeld: Bool) {
        if route.endpoint.mayNeedApproval {
            let request = HeldRequest(
                action: route.endpoint.action, target: parts.id, body: String(decoding: parts.body, as: UTF8.self))
            if let approval = try await gate.control.hold(request) {
                return (try .json(HeldAnswer(approval: approval), status: 202), true)
            }
        }
        return (try await route.handle(parts), false)
    }

    /// As this listener sees it, or as the member says that passes the request on.
    private func client(_ request: Request, _ context: APIContext) throws(APIError) -> String? {
        if case .nodes = gate.audience, let note = try Gate.note(in: request) { return note.client }
        return gate.client(of: request, context: context)
    }

    /// One hop only: what a member has passed on is not passed on again.
    private func forward(
        _ request: Request, _ parts: RouteRequest, _ caller: Caller, _ client: String?, _ error: APIError
    ) async throws -> RouteAnswer {
        guard let note = CallerNote(caller, client: client) else { throw error }
        guard let forwarder, let peer = error.parameters["peer"] else { throw error }
        let outgoing = ForwardedRequest(
            method: request.method.rawValue, path: request.uri.string, body: parts.body, caller: note,
            manner: RequestManner(request))
        return try await forwarder.forward(outgoing, to: peer)
    }

    private static func query(_ request: Request) throws(APIError) -> [String: String] {
        var query: [String: String] = [:]
        for (key, value) in request.uri.queryParameters {
            guard query.updateValue(String(value), forKey: String(key)) == nil else {
                throw APIError(.duplicateField, field: String(key))
            }
        }
        return query
    }

    private static func body(_ request: Request, limit: Int) async throws -> [UInt8] {
        let buffer: ByteBuffer
        do {
            buffer = try await request.body.collect(upTo: limit)
        } catch is NIOTooManyBytesError {
            throw APIError(.tooLarge, ["limit": "\(limit)"])
        }
        if buffer.readableBytes > 0, let type = request.headers[.contentType] {
            let media = type.prefix { $0 != ";" && $0 != " " }.lowercased()
            guard media == "application/json" else { throw APIError(.unsupportedMedia, ["type": type]) }
        }
        return Array(buffer.readableBytesView)
    }

    static func response(_ answer: RouteAnswer) -> Response {
        var headers = HTTPFields()
        if let type = answer.contentType { headers[.contentType] = type }
        headers[.cacheControl] = "no-store"
        let body = answer.body.isEmpty ? ResponseBody() : ResponseBody(byteBuffer: ByteBuffer(bytes: answer.body))
        return Response(status: HTTPResponse.Status(code: answer.status), headers: headers, body: body)
    }
}

/// The one place where errors become answers, and where the unexpected ones are logged.
struct ErrorMiddleware: RouterMiddleware {
    typealias Context = APIContext

    func handle(
        _ request: Request, context: APIContext, next: (Request, APIContext) async throws -> Response
    ) async throws -> Response {
        do {
            return try await next(request, context)
        } catch let error as APIError {
            return try response(error)
        } catch let error as HTTPError where error.status == .notFound {
            return try response(Self.missing(request))
        } catch let error as CancellationError {
            throw error
        } catch {
            context.logger.error("\(request.method) \(request.uri.path) failed: \(error)")
            return try response(APIError(.internalError, ["reason": "\(error)"]))
        }
    }

    /// Nothing there, or only for other methods.
    private static func missing(_ request: Request) -> APIError {
        let path = Substring(request.uri.path)
        guard Endpoint.all.contains(where: { $0.matches(path: path) }) else {
            return APIError(.notFound, ["path": String(path.prefix(256))])
        }
        return APIError(
            .methodNotAllowed, ["path": String(path.prefix(256)), "method": request.method.rawValue])
    }

    private func response(_ error: APIError) throws -> Response {
        var response = Dispatcher.response(try .json(error, status: error.code.status))
        switch error.code {
        case .unauthenticated, .tokenRefused, .loginRefused, .codeNeeded: response.headers[.wwwAuthenticate] = "Bearer"
        case .tooManyAttempts: response.headers[.retryAfter] = error.parameters["seconds"]
        default: break
        }
        return response
    }
}
