import APIProtocol
import Foundation
import Linux
import NIOCore
import NIOPosix
import Primitives
import ProbeProtocol
import SetupCore
import Synchronization
import Testing
import Texts

@testable import ClusterService

/// A UDP server in this process.
private final class DatagramServer: Sendable {
    typealias Reply = @Sendable ([UInt8]) -> Void

    let channel: any Channel

    /// - Parameter heard: gets a request and the way to answer it, now or later.
    init(heard: @escaping @Sendable ([UInt8], @escaping Reply) -> Void) throws {
        channel = try DatagramBootstrap(group: MultiThreadedEventLoopGroup.singleton).channelInitializer { channel in
            channel.eventLoop.makeCompletedFuture {
                try channel.pipeline.syncOperations.addHandler(AnsweringHandler(heard))
            }
        }.bind(host: "127.0.0.1", port: 0).wait()
    }

    /// - Parameter answer: nil: stays silent.
    convenience init(_ answer: @escaping @Sendable ([UInt8]) -> [UInt8]?) throws {
        try self.init { request, reply in
            if let bytes = answer(request) { reply(bytes) }
        }
    }

    var port: Int { channel.localAddress?.port ?? 0 }
    var name: String { "127.0.0.1:\(port)" }

    deinit { channel.close(promise: nil) }
}

private final class AnsweringHandler: ChannelInboundHandler {
    typealias InboundIn = AddressedEnvelope<ByteBuffer>
    private let heard: @Sendable ([UInt8], @escaping DatagramServer.Reply) -> Void

    init(_ heard: @escaping @Sendable ([UInt8], @escaping DatagramServer.Reply) -> Void) { self.heard = heard }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let (envelope, channel) = (unwrapInboundIn(data), context.channel)
        heard(Array(envelope.data.readableBytesView)) { bytes in
            let answer = AddressedEnvelope(remoteAddress: envelope.remoteAddress, data: ByteBuffer(bytes: bytes))
            channel.writeAndFlush(answer, promise: nil)
        }
    }
}

@Suite("Checks of the network")
struct NetworkChecksTests {
    private static let group = MultiThreadedEventLoopGroup.singleton

    private func checks(
        _ used: [String], namePort: Int = 53, patience: Span = .seconds(30)
    ) throws -> NetworkChecks {
        NetworkChecks(
            probes: NetworkProbes(
                address: FakeAddresses(used), time: TimeClient(group: Self.group, patience: patience),
                names: NameClient(group: Self.group, patience: patience, port: namePort)),
            subnet: try #require(Subnet("10.77.0.11/24")),
            nodes: [.init(name: "n1", address: try #require(IPAddress("10.77.0.11")))])
    }

    /// A time server whose clock is this many seconds behind.
    private func timeServer(behind seconds: Int64 = 0, change: @escaping @Sendable (inout [UInt8]) -> Void = { _ in })
        throws
        -> DatagramServer
    {
        try DatagramServer { request in
            let now = DatagramExchange.wallNanoseconds - seconds * 1_000_000_000
            guard var answer = TimeAnswer.to(request, receivedAt: now, sentAt: now) else { return nil }
            change(&answer)
            return answer
        }
    }

    @Test("Each check has its item, in the order of the request")
    func items() async throws {
        let (time, name) = (try timeServer(), try DatagramServer { [$0[0], $0[1], 0x81, 0x80] + $0[4...] })
        let result = await (try checks(["10.77.0.1"], namePort: name.port)).run(
            SetupChecksRequest(
                vip: [try #require(Subnet("10.77.0.50/24"))], gateway: IPAddress("10.77.0.1"), ntp: [time.name],
                dns: [try #require(IPAddress("127.0.0.1"))]))
        #expect(result.items.map(\.check) == [.vipInSubnet, .vipNotNode, .vipFree, .gateway, .ntp, .dns])
        #expect(result.items.allSatisfy { $0.ok && $0.error == nil }, "\(result)")
        #expect(
            result.items.map(\.subject) == [
                "10.77.0.50", "10.77.0.50", "10.77.0.50", "10.77.0.1", time.name, "127.0.0.1",
            ])
        #expect(abs(try #require(result.items[4].offsetMilliseconds)) < 1_000)
        #expect(try #require(result.items[5].milliseconds) >= 0)
    }

    @Test("What is wrong with an address is said by the item that finds it")
    func addresses() async throws {
        let result = await (try checks(["10.77.0.50"])).run(
            SetupChecksRequest(
                vip: [try #require(Subnet("10.77.0.50/24")), try #require(Subnet("10.78.0.50/24"))],
                gateway: IPAddress("10.77.0.1")))
        #expect(
            result.items.map { $0.error?.code } == [
                nil, nil, .vipInUse, .vipOutsideSubnet, nil, nil, .gatewaySilent,
            ])
        #expect(result.items[2].error?.field == "vip" && result.items[6].error?.field == "gateway")
    }

    @Test("The offset of a clock is measured")
    func offset() async throws {
        let server = try timeServer(behind: 40)
        let reading = try await TimeClient(group: Self.group).ask(server.name, field: "ntp")
        #expect(abs(reading.offsetNanoseconds - 40_000_000_000) < 1_000_000_000)
    }

    @Test("A server whose clock is not set, one that refuses, and one that is not there")
    func noTime() async throws {
        let servers = [
            (try timeServer { $0[0] |= 0b1100_0000 }, "leap 3"), (try timeServer { $0[1] = 16 }, "stratum 16"),
            (
                try timeServer {
                    $0[1] = 0
                    $0.replaceSubrange(12..<16, with: Array("RATE".utf8))
                }, "RATE"
            ),
        ]
        for (server, word) in servers {
            let error = await refusal { _ = try await TimeClient(group: Self.group).ask(server.name, field: "ntp") }
            #expect(error?.code == .ntpUnsynchronized && error?.parameters["reason"]?.contains(word) == true)
        }
        let closed = await refusal { _ = try await TimeClient(group: Self.group).ask("127.0.0.1:1", field: "ntp") }
        #expect(closed?.code == .ntpSilent && closed?.field == "ntp")
        let unknown = await refusal { _ = try await TimeClient(group: Self.group).ask("no.such.invalid", field: "ntp") }
        #expect(unknown?.code == .ntpSilent)
    }

    @Test("Forged answers are waited out, and silence ends")
    func silence() async throws {
        let (forging, silent) = (try timeServer { $0[24] ^= 1 }, try DatagramServer { _ in nil })
        let result = await (try checks([], namePort: silent.port, patience: .milliseconds(200))).run(
            SetupChecksRequest(
                ntp: [forging.name, silent.name], dns: [try #require(IPAddress("127.0.0.1"))]))
        #expect(result.items.map { $0.error?.code } == [.ntpSilent, .ntpSilent, .dnsSilent])
        #expect(result.items[1].error?.sentence(in: .chinese).contains("没有收到应答") == true)
        #expect(ServerAddress.patience + ServerAddress.patience < .seconds(5))
    }

    @Test("All are asked at once: nobody answers before the last was asked")
    func together() async throws {
        let waiting = Mutex<[([UInt8], DatagramServer.Reply)]>([])
        let servers = try (0..<8).map { _ in
            try DatagramServer { request, reply in
                let all = waiting.withLock { waiting in
                    waiting.append((request, reply))
                    return waiting.count == 8 ? waiting : []
                }
                let now = DatagramExchange.wallNanoseconds
                for (request, reply) in all {
                    if let answer = TimeAnswer.to(request, receivedAt: now, sentAt: now) { reply(answer) }
                }
            }
        }
        let result = await (try checks([])).run(SetupChecksRequest(ntp: servers.map(\.name)))
        #expect(result.items.allSatisfy(\.ok) && result.items.map(\.subject) == servers.map(\.name), "\(result)")
    }

    @Test("A name server that refuses")
    func refusing() async throws {
        let server = try DatagramServer { [$0[0], $0[1], 0x81, 0x85] + $0[4...] }
        let error = await refusal {
            try await NameClient(group: Self.group, port: server.port).ask(
                try #require(IPAddress("127.0.0.1")), field: "dns")
        }
        #expect(error?.code == .dnsSilent && error?.parameters["reason"]?.contains("REFUSED") == true)
    }
}
