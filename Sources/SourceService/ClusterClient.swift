import APIProtocol
import AsyncHTTPClient
import CaptureProtocol
import Foundation
import Identity
import JoinCore
import NIOCore
import NIOFoundationCompat
import NIOHTTP1
import NIOPosix
import NIOSSL
import Primitives

/// Speaks to the cluster's API: for the certificate once, then for the assignment.
struct ClusterClient: Sendable {
    let address: IPAddress
    let port: Int

    private static let longestAnswer = 4 << 20

    /// The cluster's CA, when it is the one that was named. Nothing secret is said before.
    ///
    /// - Throws: an error that names the cluster and what does not fit.
    func authority(fingerprint: String) async throws -> ClusterTrust {
        struct Answer: Decodable { let authority: String }
        let answer: Answer = try await call(
            .GET, "/v1/authority", tls: ClusterTrust.uncheckedClientTLS(), token: nil, body: nil)
        let trust = try ClusterTrust(pem: answer.authority)
        guard "\(trust.fingerprint)" == fingerprint else {
            throw SourceError(
                "the cluster at \(address) has the CA \(trust.fingerprint), not \(fingerprint) as the configuration says"
            )
        }
        return trust
    }

    func enrol(_ machine: String, token: String, csr: String, trust: ClusterTrust) async throws -> Enrolment {
        try await call(
            .POST, "/v1/machines/\(machine)/enrolment", tls: try trust.clientTLS(), token: nil,
            body: try SourceJSON.encode(EnrolmentRequest(token: token, csr: csr)))
    }

    func assignment(_ machine: String, token: String, trust: ClusterTrust) async throws -> StreamAssignment {
        try await call(
            .GET, "/v1/machines/\(machine)/assignment", tls: try trust.clientTLS(), token: token, body: nil)
    }

    private func call<Answer: Decodable>(
        _ method: HTTPMethod, _ path: String, tls: TLSConfiguration, token: String?, body: [UInt8]?
    ) async throws -> Answer {
        var configuration = HTTPClient.Configuration(tlsConfiguration: tls)
        configuration.httpVersion = .http1Only
        configuration.timeout.connect = .seconds(3)
        let client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
        do {
            let answer: Answer = try await call(client, method, path, token: token, body: body)
            try await client.shutdown()
            return answer
        } catch {
            try await client.shutdown()
            throw error
        }
    }

    private func call<Answer: Decodable>(
        _ client: HTTPClient, _ method: HTTPMethod, _ path: String, token: String?, body: [UInt8]?
    ) async throws -> Answer {
        let host = address.isIPv4 ? "\(address)" : "[\(address)]"
        var request = HTTPClientRequest(url: "https://\(host):\(port)\(path)")
        request.method = method
        if let token { request.headers.add(name: "Authorization", value: "Bearer \(token)") }
        if let body {
            request.headers.add(name: "Content-Type", value: "application/json")
            request.body = .bytes(ByteBuffer(bytes: body))
        }
        let response = try await client.execute(request, timeout: .seconds(15))
        let buffer = try await response.body.collect(upTo: Self.longestAnswer)
        guard response.status == .ok || response.status == .created else {
            throw SourceError("the cluster at \(host):\(port) answered \(response.status): \(String(buffer: buffer))")
        }
        return try JSONDecoder().decode(Answer.self, from: Data(buffer.readableBytesView))
    }
}
