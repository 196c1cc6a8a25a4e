import ProbeProtocol
import APIProtocol
import ConfigurationCore
import Linux
import NIOConcurrencyHelpers
import NIOCore
import Primitives
import SetupCore
import VIPProtocol

/// Asks about one address.
protocol AddressAsking: Sendable {
    func ask(_ address: IPAddress) async throws -> AddressProbe.Result
}

/// Whom the network is asked through.
struct NetworkProbes: Sendable {
    let address: any AddressAsking
    let time: TimeClient
    let names: NameClient

    init(configuration: NodeConfiguration, group: any EventLoopGroup) {
        self.init(
            address: AddressProbe(path: configuration.vipdSocket), time: TimeClient(group: group),
            names: NameClient(group: group))
    }

    init(address: any AddressAsking, time: TimeClient, names: NameClient) {
        self.address = address
        self.time = time
        self.names = names
    }
}

/// What can be wrong with addresses and servers, asked of the network before anything is changed. All questions are
/// asked at once: the slowest takes as long as everything.
struct NetworkChecks: Sendable {
    let probes: NetworkProbes
    let rules: AddressRules
    /// What stands before the fields of errors, as `cluster.`.
    let network: String
    let servers: String

    private typealias Question = @Sendable () async -> SetupCheck

    /// - Parameters:
    ///   - subnet: this node's address and network.
    ///   - nodes: whose addresses are taken, this node among them.
    ///   - network: what stands before `vip` and `gateway` in the fields of errors.
    ///   - servers: what stands before `ntp` and `dns`.
    init(
        probes: NetworkProbes, subnet: Subnet, nodes: [AddressRules.Node], network: String = "", servers: String = ""
    ) {
        self.probes = probes
        self.network = network
        self.servers = servers
        rules = AddressRules(subnet: subnet, nodes: nodes, prefix: network)
    }

    /// - Throws: the first error.
    func require(_ request: SetupChecksRequest) async throws {
        try rules.check(request.vip ?? [], gateway: request.gateway)
        if let error = await run(request).items.lazy.compactMap(\.error).first { throw error }
    }

    func run(_ request: SetupChecksRequest) async -> SetupChecks {
        let questions = questions(request)
        let items = await withTaskGroup(of: (Int, SetupCheck).self) { group in
            for (index, question) in questions.enumerated() { group.addTask { (index, await question()) } }
            return await group.reduce(into: []) { $0.append($1) }
        }
        return SetupChecks(items: items.sorted { $0.0 < $1.0 }.map(\.1))
    }

    private func questions(_ request: SetupChecksRequest) -> [Question] {
        var questions: [Question] = []
        for vip in request.vip ?? [] {
            let subject = "\(vip.address)"
            questions.append { said(.vipInSubnet, subject, rules.outsideSubnet(vip)) }
            questions.append { said(.vipNotNode, subject, rules.nodeAddress(vip)) }
            questions.append { await free(vip.address) }
        }
        if let gateway = request.gateway { questions.append { await answers(gateway) } }
        for server in request.ntp ?? [] { questions.append { await time(server) } }
        for server in request.dns ?? [] { questions.append { await name(server) } }
        return questions
    }

    private func said(_ check: SetupCheck.Kind, _ subject: String, _ error: APIError?) -> SetupCheck {
        SetupCheck(check: check, subject: subject, ok: error == nil, error: error)
    }

    private func free(_ address: IPAddress) async -> SetupCheck {
        await timed(.vipFree, "\(address)", network + "vip") {
            guard case .used(let mac) = try await probes.address.ask(address) else { return nil }
            throw APIError(.vipInUse, field: network + "vip", ["address": "\(address)", "mac": mac])
        }
    }

    private func answers(_ gateway: IPAddress) async -> SetupCheck {
        await timed(.gateway, "\(gateway)", network + "gateway") {
            if let error = rules.wrongGateway(gateway) { throw error }
            if case .used = try await probes.address.ask(gateway) { return nil }
            throw APIError(.gatewaySilent, field: network + "gateway", ["address": "\(gateway)"])
        }
    }

    private func time(_ server: String) async -> SetupCheck {
        await timed(.ntp, server, servers + "ntp") {
            let reading = try await probes.time.ask(server, field: servers + "ntp")
            return Double(reading.offsetNanoseconds) / 1e6
        }
    }

    private func name(_ server: IPAddress) async -> SetupCheck {
        await timed(.dns, "\(server)", servers + "dns") {
            try await probes.names.ask(server, field: servers + "dns")
            return nil
        }
    }

    /// - Parameter body: returns the clock's offset in milliseconds where there is one.
    private func timed(
        _ check: SetupCheck.Kind, _ subject: String, _ field: String, _ body: () async throws -> Double?
    ) async -> SetupCheck {
        let start = BootClock.now
        do {
            let offset = try await body()
            let took = Double((BootClock.now - start).microseconds) / 1_000
            return SetupCheck(
                check: check, subject: subject, ok: true, milliseconds: took, offsetMilliseconds: offset)
        } catch {
            let said = error as? APIError ?? APIError(.internalError, field: field, ["reason": "\(error)"])
            return SetupCheck(check: check, subject: subject, ok: false, error: said)
        }
    }
}

/// Asks the VIP manager whether an address answers, over a connection of its own.
final class AddressProbe: AddressAsking {
    enum Result: Equatable, Sendable {
        case free
        case used(mac: String)
    }

    private static let patience = Span.seconds(5)

    private let path: String

    init(path: String) { self.path = path }

    func ask(_ address: IPAddress) async throws -> Result {
        let path = path
        return try await BlockingWork.run { try Self.exchange(address, at: path) }
    }

    private static func exchange(_ address: IPAddress, at path: String) throws -> Result {
        let descriptor = try UnixSocket.connect(path, kind: .packets)
        _ = try descriptor.send(VIPRequest.probe(address).description)
        var buffer = [UInt8](repeating: 0, count: VIPProtocol.longestMessage)
        let deadline = BootClock.now + patience
        while try Poller.waitReadable(descriptor, until: deadline) {
            guard case .bytes(let count) = try descriptor.receive(into: &buffer) else { break }
            let reply = try VIPReply(parsing: String(decoding: buffer[..<min(count, buffer.count)], as: UTF8.self))
            switch reply {
            case .probed(address, let mac): return mac.map { .used(mac: "\($0)") } ?? .free
            case .refused(let reason): throw APIError(.internalError, ["reason": reason])
            default: continue
            }
        }
        throw APIError(.internalError, ["reason": "the VIP manager did not answer whether \(address) is in use"])
    }
}
