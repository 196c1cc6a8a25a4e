import Foundation
import Glibc
import Linux
import NBDProtocol
import NBDServer
import Primitives
import Testing

/// What no proper client does.
@Suite struct ServerTests {
    /// A socket, blocking, with bytes in and out.
    private final class Client {
        private let descriptor: Int32

        init(_ path: String) throws {
            descriptor = try UnixSocket.connect(path, kind: .stream).release()
            _ = fcntl(descriptor, F_SETFL, 0)
        }

        deinit { close(descriptor) }

        func send(_ bytes: [UInt8]) {
            _ = bytes.withUnsafeBytes { Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
        }

        /// So many bytes, or fewer when the server ends the connection.
        func receive(_ count: Int) -> [UInt8] {
            var bytes = [UInt8](repeating: 0, count: count)
            let got = recv(descriptor, &bytes, count, Int32(MSG_WAITALL))
            return Array(bytes.prefix(max(0, got)))
        }

        func stopSending() { _ = shutdown(descriptor, Int32(SHUT_WR)) }
    }

    /// A connection in its transmission: export name, no zeros.
    private func connect(_ server: Server) throws -> Client {
        let client = try Client(server.socket)
        #expect(client.receive(18).count == 18)
        client.send([0, 0, 0, 3] + Array("IHAVEOPT".utf8) + [0, 0, 0, 1, 0, 0, 0, 4] + Array("disk".utf8))
        #expect(client.receive(10).count == 10)
        return client
    }

    private func head(_ type: UInt8, length: UInt32, cookie: UInt8 = 1) -> [UInt8] {
        [0x25, 0x60, 0x95, 0x13, 0, 0, 0, type, 0, 0, 0, 0, 0, 0, 0, cookie] + [UInt8](repeating: 0, count: 8)
            + (0..<4).map { UInt8(truncatingIfNeeded: length >> (24 - 8 * $0)) }
    }

    @Test func aWriteThatIsCutOffChangesNothingAndEndsTheConnection() async throws {
        try await Server.with { server, _ in
            let client = try connect(server)
            client.send(head(1, length: 4096) + [1, 2, 3])
            client.stopSending()
            #expect(client.receive(1) == [])
            #expect(try Data(contentsOf: URL(fileURLWithPath: server.file)).allSatisfy { $0 == 0 })
            #expect(
                server.lastReport == .ended(export: "disk", reason: "the client went away"))
        }
    }

    @Test func nonsenseEndsTheConnection() async throws {
        try await Server.with { server, _ in
            let client = try connect(server)
            client.send([UInt8](repeating: 0x55, count: 28))
            #expect(client.receive(1) == [])
            #expect(
                server.lastReport == .ended(export: "disk", reason: "a request does not begin as one")
            )
        }
    }

    @Test func theBytesOfARefusedWriteAreNoRequests() async throws {
        try await Server.with(isReadOnly: true) { server, _ in
            let client = try connect(server)
            client.send(head(1, length: 65_536) + [UInt8](repeating: 0x55, count: 65_536))
            #expect(client.receive(16) == [0x67, 0x44, 0x66, 0x98, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1])
            client.send(head(3, length: 0, cookie: 2))
            #expect(client.receive(16) == [0x67, 0x44, 0x66, 0x98, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2])
        }
    }

    @Test func answersAreSentBeforeAConnectionEnds() async throws {
        try await Server.with { server, _ in
            let client = try connect(server)
            client.send(head(0, length: 65_536) + head(2, length: 0))
            #expect(client.receive(16 + 65_536).count == 16 + 65_536)
            #expect(client.receive(1) == [])
        }
    }

    @Test func whoDoesNotChooseIsLeft() async throws {
        var limits = NBDServer.Limits()
        limits.handshake = .milliseconds(20)
        try await Server.with(limits: limits) { server, _ in
            let client = try Client(server.socket)
            #expect(client.receive(19).count == 18)
            #expect(
                server.lastReport
                    == .ended(export: nil, reason: "the client does not choose an export"))
        }
    }

    @Test func thereIsALimitOfConnections() async throws {
        var limits = NBDServer.Limits()
        limits.connections = 1
        try await Server.with(limits: limits) { server, _ in
            let first = try connect(server)
            let second = try Client(server.socket)
            #expect(second.receive(1) == [])
            first.send(head(3, length: 0))
            #expect(first.receive(16).count == 16)
        }
    }

    @Test func aClientThatDoesNotReadHoldsUpItselfOnly() async throws {
        try await Server.with(loops: 1) { server, _ in
            let lazy = try connect(server)
            for _ in 0..<8 { lazy.send(head(0, length: 16 << 20)) }
            let other = try connect(server)
            other.send(head(0, length: 4096))
            #expect(other.receive(16 + 4096).count == 16 + 4096)
            for _ in 0..<8 { #expect(lazy.receive(16 + (16 << 20)).count == 16 + (16 << 20)) }
        }
    }
}
