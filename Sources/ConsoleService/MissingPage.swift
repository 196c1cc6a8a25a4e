import APIProtocol
import Hummingbird

/// A page that does not exist says so, as a page.
struct MissingPage: RouterMiddleware {
    typealias Context = ConsoleContext

    let console: Console

    func handle(
        _ request: Request, context: ConsoleContext, next: (Request, ConsoleContext) async throws -> Response
    ) async throws -> Response {
        do {
            return try await next(request, context)
        } catch let error as HTTPError where error.status == .notFound {
            let page = PageRequest(request, context, console, needsUser: false)
            return page.problem(APIError(.notFound, ["path": String(request.uri.path.prefix(256))]))
        }
    }
}
