import Hummingbird
import NIOCore

/// What the console knows of a request besides the request: where it comes from.
struct ConsoleContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    /// The client's address without its port.
    let client: String

    init(source: ApplicationRequestContextSource) {
        coreContext = CoreRequestContextStorage(source: source)
        client = source.channel.remoteAddress?.ipAddress ?? "unknown"
    }
}
