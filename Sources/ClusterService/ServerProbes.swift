import APIProtocol
import Glibc
import Linux
import NIOCore
import NIOPosix
import Primitives
import ProbeProtocol
import Texts

/// Asks time servers how far this node's clock is off.
struct TimeClient: Sendable {
    let group: any EventLoopGroup
    /// For the name, and again for the answer.
    var patience = ServerAddress.patience

    /// - Parameters:
    ///   - server: `host` or `host:port`, validated.
    ///   - field: for the error.
    /// - Throws: `ntpSilent`, `ntpUnsynchronized`.
    func ask(_ server: String, field: String) async throws(APIError) -> TimeReading {
        func silent(_ reason: [String: String]) -> APIError {
            let parameters = reason.merging(["server": server]) { $1 }
            return APIError(.ntpSilent, field: field, parameters)
        }
        guard let name = ServerName(server) else { throw silent(ServerAddress.clause("unknownName")) }
        var random = SystemRandomNumberGenerator()
        let exchange = TimeExchange(nonce: random.next())
        do {
            let address = try await ServerAddress.resolve(name, port: TimeExchange.port, within: patience, group)
            return try await DatagramExchange.ask(
                exchange.request, of: address, within: patience, on: group
            ) { bytes, times in
                do throws(TimeRefusal) {
                    return try exchange.read(bytes, sentAt: times.sentAt, receivedAt: times.receivedAt)
                } catch {
                    if error == .notTheAnswer { return nil }
                    throw error
                }
            }
        } catch let refusal as TimeRefusal {
            let parameters = Self.reason(refusal).merging(["server": server]) { $1 }
            throw APIError(.ntpUnsynchronized, field: field, parameters)
        } catch {
            throw silent(ServerAddress.reason(error, patience))
        }
    }

    private static func reason(_ refusal: TimeRefusal) -> [String: String] {
        switch refusal {
        case .kissOfDeath(let code): ServerAddress.clause("refuses", ["code": code.isEmpty ? "?" : code])
        case .unsynchronized(let stratum, let leap):
            ServerAddress.clause("notSet", ["stratum": "\(stratum)", "leap": "\(leap)"])
        case .notTheAnswer: ServerAddress.clause("notTheAnswer")
        }
    }
}

/// Asks name servers whether they answer.
struct NameClient: Sendable {
    let group: any EventLoopGroup
    var patience = ServerAddress.patience
    /// 53, unless a test has a server of its own.
    var port = NameExchange.port

    /// - Throws: `dnsSilent`.
    func ask(_ server: IPAddress, field: String) async throws(APIError) {
        func silent(_ reason: [String: String]) -> APIError {
            let parameters = reason.merging(["server": "\(server)"]) { $1 }
            return APIError(.dnsSilent, field: field, parameters)
        }
        var random = SystemRandomNumberGenerator()
        let exchange = NameExchange(id: UInt16.random(in: .min ... .max, using: &random))
        let code: Int
        do {
            let address = try SocketAddress(ipAddress: "\(server)", port: port)
            code = try await DatagramExchange.ask(
                exchange.request, of: address, within: patience, on: group
            ) { bytes, _ in exchange.responseCode(bytes) }
        } catch {
            throw silent(ServerAddress.reason(error, patience))
        }
        guard code == 0 else {
            throw silent(ServerAddress.clause("refuses", ["code": NameExchange.name(ofCode: code)]))
        }
    }
}

/// Where a server is.
enum ServerAddress {
    private struct NotKnown: Error {}

    static let patience = Span.seconds(2)

    /// Names are looked up as the whole machine does it. A resolver that hangs holds its thread longer than the patience,
    /// so the thread is an own one: the pool's also flush the disk, and whoever waits for them is taken for dead.
    static func resolve(
        _ name: ServerName, port: Int, within limit: Span, _ group: any EventLoopGroup
    ) async throws -> SocketAddress {
        let port = name.port ?? port
        if IPAddress(name.host) != nil { return try SocketAddress(ipAddress: name.host, port: port) }
        let loop = group.next()
        let promise = loop.makePromise(of: SocketAddress.self)
        let timeout = loop.scheduleTask(in: .nanoseconds(limit.nanoseconds)) { promise.fail(NotKnown()) }
        defer { timeout.cancel() }
        do {
            _ = try OwnedThread("resolve") {
                promise.completeWith(Result { try SocketAddress.makeAddressResolvingHost(name.host, port: port) })
            }
        } catch {
            promise.fail(error)
        }
        return try await promise.futureResult.get()
    }

    /// Why there was no answer, as parameters of a sentence with `{reason}`.
    static func reason(_ error: any Error, _ patience: Span) -> [String: String] {
        switch error {
        case is DatagramExchange.NoAnswer: clause("nothingCame", ["seconds": "\(patience.seconds)"])
        case is NotKnown, is SocketAddressError: clause("unknownName")
        // The system's own words; the C library has them in one language.
        case let system as IOError: ["reason": String(cString: strerror(system.errnoCode))]
        default: ["reason": "\(error)"]
        }
    }

    /// A clause of the catalogue, `server.NAME`, as parameters of a sentence with `{reason}`.
    static func clause(_ name: String, _ parameters: [String: String] = [:]) -> [String: String] {
        let key = "server.\(name)"
        return parameters.merging(
            ["reason.key": key, "reason": Catalogue.sentence(key, parameters, .english) ?? name]
        ) { $1 }
    }
}
