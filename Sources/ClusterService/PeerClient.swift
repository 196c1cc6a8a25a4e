import APIProtocol
import AsyncHTTPClient
import CaptureProtocol
import Foundation
import NIOCore
import NIOFoundationCompat
import NIOHTTP1
import NIOSSL
import Primitives

/// Calls other nodes' API over TLS; what they refuse is thrown as their `APIError`.
struct PeerClient: Sendable {
    private static let answerLimit = 4 << 20

    private let client: HTTPClient
    private let port: Int

    /// - Parameter port: of the listener that is called.
    init(tls: TLSConfiguration, port: Int, on group: any EventLoopGroup) {
        var configuration = HTTPClient.Configuration(tlsConfiguration: tls)
        configuration.httpVersion = .http1Only
        configuration.timeout = .init(connect: .seconds(2))
        client = HTTPClient(eventLoopGroupProvider: .shared(group), configuration: configuration)
        self.port = port
    }

    func shutdown() async throws { try await client.shutdown() }

    func heartbeat(_ report: NodeReport, to address: IPAddress) async throws -> HeartbeatAnswer {
        try await call(.heartbeat, at: address, body: report, within: .seconds(1))
    }

    func status(of address: IPAddress) async throws -> ClusterStatus {
        try await call(.status, at: address, within: .milliseconds(700))
    }

    func authority(of address: IPAddress) async throws -> AuthorityAnswer {
        try await call(.authority, at: address, within: .seconds(3))
    }

    func join(_ request: JoinRequest, at address: IPAddress) async throws -> JoinAnswer {
        try await call(.join, at: address, body: request, within: .seconds(10))
    }

    func renewCertificate(_ request: CertificateRequest, at address: IPAddress) async throws -> CertificateAnswer {
        try await call(.renewCertificate, at: address, body: request, within: .seconds(10))
    }

    func audit(_ note: AuditNote, to address: IPAddress) async throws {
        _ = try await exchange(.nodeAudit, at: address, body: try JSONEncoder().encode(note), within: .seconds(5))
    }

    func machines(of address: IPAddress) async throws -> [Machine] {
        let list: ItemList<Machine> = try await call(.machines, at: address, within: .seconds(1))
        return list.items
    }

    func capture(_ request: CaptureRequest, at address: IPAddress) async throws -> CaptureAnswer {
        let limit = TimeAmount.nanoseconds((request.patience + .seconds(1)).nanoseconds)
        return try await call(.nodeCapture, at: address, body: request, within: limit)
    }

    private func call<Answer: Decodable>(
        _ endpoint: Endpoint, at address: IPAddress, within limit: TimeAmount
    ) async throws -> Answer {
        try await send(endpoint, at: address, body: nil, within: limit)
    }

    private func call<Answer: Decodable>(
        _ endpoint: Endpoint, at address: IPAddress, body: some Encodable, within limit: TimeAmount
    ) async throws -> Answer {
        try await send(endpoint, at: address, body: try JSONEncoder().encode(body), within: limit)
    }

    private func send<Answer: Decodable>(
        _ endpoint: Endpoint, at address: IPAddress, body: Data?, within limit: TimeAmount
    ) async throws -> Answer {
        let answer = try await exchange(endpoint, at: address, body: body, within: limit)
        return try JSONDecoder().decode(Answer.self, from: answer)
    }

    private func exchange(
        _ endpoint: Endpoint, at address: IPAddress, body: Data?, within limit: TimeAmount
    ) async throws -> ByteBuffer {
        let host = address.isIPv4 ? "\(address)" : "[\(address)]"
        var request = HTTPClientRequest(url: "https://\(host):\(port)\(endpoint.path)")
        request.method = .init(rawValue: endpoint.method.rawValue)
        if let body {
            request.headers.add(name: "content-type", value: "application/json")
            request.body = .bytes(ByteBuffer(data: body))
        }
        let response: HTTPClientResponse
        let answer: ByteBuffer
        do {
            response = try await client.execute(request, timeout: limit)
            answer = try await response.body.collect(upTo: Self.answerLimit)
        } catch {
            throw APIError(.masterUnreachable, ["address": "\(address)", "reason": "\(error)"])
        }
        guard (200..<300).contains(response.status.code) else {
            throw try JSONDecoder().decode(APIError.self, from: answer)
        }
        return answer
    }
}
