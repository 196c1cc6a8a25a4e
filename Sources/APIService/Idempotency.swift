import APIProtocol
import HTTPTypes
import Hummingbird

/// Headers that change how a request is done; a node that passes it on passes them on.
struct RequestManner: Sendable {
    static let idempotencyKey = HTTPField.Name("Idempotency-Key")!
    static let prefer = HTTPField.Name("Prefer")!

    var key: String?
    /// `Prefer: respond-async` (RFC 7240, section 4.1).
    var isAsync = false

    init(_ request: Request) {
        guard request.method != .get else { return }
        key = request.headers[Self.idempotencyKey]
        isAsync = request.headers[values: Self.prefer].contains { value in
            value.lowercased().split(separator: ",").contains { part in
                part.drop { $0 == " " }.prefix { $0 != ";" && $0 != " " } == "respond-async"
            }
        }
    }
}

extension Dispatcher {
    /// The first time it is done and the answer kept; again, the kept answer.
    func handled(
        _ parts: RouteRequest, _ request: Request, _ caller: Caller, with route: Route
    ) async throws -> (RouteAnswer, isHeld: Bool) {
        guard let key = RequestManner(request).key, case .user = route.endpoint.access else {
            return try await perform(route, parts)
        }
        let wish = try IdempotentRequest(
            caller: caller.description, key: key, method: request.method.rawValue, path: request.uri.string,
            body: parts.body)
        let control = gate.control
        switch try await control.claim(wish) {
        case .answered(let kept):
            return (RouteAnswer(status: kept.status, contentType: kept.contentType, body: kept.body), false)
        case .unavailable: return try await perform(route, parts)
        case .first(let ticket):
            do {
                let done = try await perform(route, parts)
                await control.settle(wish, ticket: ticket, KeptAnswer(done.0))
                return done
            } catch {
                // What was refused may be asked again: nothing was done.
                let refusal = error as? APIError ?? APIError(.internalError, ["reason": "\(error)"])
                let kept =
                    refusal.code.leavesDoubt
                    ? KeptAnswer(try .json(refusal, status: refusal.code.status)) : nil
                await control.settle(wish, ticket: ticket, kept)
                throw error
            }
        }
    }
}

extension KeptAnswer {
    fileprivate init(_ answer: RouteAnswer) {
        self.init(status: answer.status, contentType: answer.contentType, body: answer.body)
    }
}
