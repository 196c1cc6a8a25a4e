import AsyncHTTPClient
import Crypto
import NIOCore
import NIOHTTP1
import Primitives

/// Posts signed JSON. Receivers check `Keelson-Signature: t=SECONDS,v1=HEX`: HEX is HMAC-SHA256 (RFC 2104) with the
/// shared secret over the seconds, a dot and the body, and the seconds (Unix time) must not be old.
public struct WebhookClient: Sendable {
    private let group: any EventLoopGroup
    private let limit: Span

    /// - Parameter limit: for everything, connecting included.
    public init(group: any EventLoopGroup, limit: Span = .seconds(30)) {
        self.group = group
        self.limit = limit
    }

    public static func signature(of body: [UInt8], secret: String, seconds: Int64) -> String {
        var code = HMAC<SHA256>(key: SymmetricKey(data: Array(secret.utf8)))
        code.update(data: Array("\(seconds).".utf8))
        code.update(data: body)
        return "t=\(seconds),v1=\(Hexadecimal.text(code.finalize()))"
    }

    /// Any status of 200 to 299 is a delivery; redirects are not followed.
    /// - Parameters:
    ///   - ca: PEM; nil trusts what the system trusts.
    ///   - seconds: Unix time of now.
    public func post(
        _ body: [UInt8], to url: String, secret: String?, ca: String?, seconds: Int64
    ) async throws(DeliveryFailure) {
        var request = HTTPClientRequest(url: url)
        request.method = .POST
        request.headers.add(name: "content-type", value: "application/json")
        request.headers.add(name: "user-agent", value: "keelson/\(Product.version)")
        if let secret {
            request.headers.add(
                name: "Keelson-Signature", value: Self.signature(of: body, secret: secret, seconds: seconds))
        }
        request.body = .bytes(body)
        let (wish, group, limit) = (request, group, limit)
        try await Connection.within(limit) {
            var configuration = HTTPClient.Configuration(tlsConfiguration: try Connection.tls(ca))
            configuration.httpVersion = .http1Only
            configuration.redirectConfiguration = .disallow
            configuration.timeout.connect = Connection.connectTimeout
            configuration.connectionPool.retryConnectionEstablishment = false
            let client = HTTPClient(eventLoopGroupProvider: .shared(group), configuration: configuration)
            let outcome: Result<UInt, any Error>
            do {
                outcome = .success(
                    try await client.execute(wish, timeout: .nanoseconds(limit.nanoseconds)).status.code)
            } catch {
                outcome = .failure(error)
            }
            try await client.shutdown()
            let status = try outcome.get()
            guard (200..<300).contains(status) else {
                let note = (300..<400).contains(status) ? " (redirects are not followed)" : ""
                throw DeliveryFailure("the server answered with status \(status)\(note)")
            }
        }
    }
}
