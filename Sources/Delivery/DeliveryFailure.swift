import AsyncHTTPClient
import Glibc
import NIOCore
import NIOPosix
import NIOSSL

/// Why a message was not delivered: one English clause, without any secret.
public struct DeliveryFailure: Error, Equatable, CustomStringConvertible {
    public let description: String

    init(_ description: String) { self.description = description }

    /// Any error of the network or of TLS in words.
    init(_ error: any Error) {
        switch error {
        case let failure as DeliveryFailure: self = failure
        case let connection as NIOConnectionError:
            guard let first = connection.connectionErrors.first else {
                self.init("the host \(connection.host) has no address")
                return
            }
            self.init(first.error)
        case let system as IOError: self.init(String(cString: strerror(system.errnoCode)))
        case ChannelError.connectTimeout: self.init("nobody answers the connection")
        case is CancellationError: self.init("it was cancelled")
        case let http as HTTPClientError: self.init(Self.words(http))
        default: self.init(Self.words("\(error)"))
        }
    }

    private static func words(_ error: HTTPClientError) -> String {
        switch error {
        case .connectTimeout: "nobody answers the connection"
        case .readTimeout, .deadlineExceeded: "no answer in time"
        case .remoteConnectionClosed: cut
        default: words("\(error)")
        }
    }

    /// What NIOSSL tells only in its text.
    private static func words(_ text: String) -> String {
        if text.contains("CERTIFICATE_VERIFY_FAILED") { return "the certificate is not trusted" }
        if text.contains("failedToValidateHostname") { return "the certificate is of another host" }
        return text
    }

    static let cut = "the connection was cut"
}
