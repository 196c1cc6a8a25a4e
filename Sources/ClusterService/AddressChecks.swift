import APIProtocol
import Linux
import NIOConcurrencyHelpers
import Primitives
import VIPProtocol

/// What can be wrong with a virtual address, asked of the network before anything is changed.
struct AddressChecks: Sendable {
    let probe: AddressProbe
    /// This node's address and network.
    let subnet: Subnet
    let nodeName: String

    /// - Throws: `APIError` that names the field of the answer file.
    func check(_ addresses: [Subnet], gateway: IPAddress?) async throws {
        for address in addresses {
            guard address.address != subnet.address else {
                throw APIError(
                    .vipIsNodeAddress, field: "cluster.vip", ["address": "\(address.address)", "node": nodeName])
            }
            guard address.address.isIPv4 != subnet.address.isIPv4 || subnet.contains(address.address) else {
                throw APIError(
                    .vipOutsideSubnet, field: "cluster.vip", ["address": "\(address.address)", "subnet": "\(subnet)"])
            }
            if case .used(let mac) = try await probe.ask(address.address) {
                throw APIError(.vipInUse, field: "cluster.vip", ["address": "\(address.address)", "mac": mac])
            }
        }
        guard let gateway else { return }
        guard subnet.contains(gateway) else {
            throw APIError(
                .gatewayOutsideSubnet, field: "cluster.gateway", ["address": "\(gateway)", "subnet": "\(subnet)"])
        }
        guard case .used = try await probe.ask(gateway) else {
            throw APIError(.gatewaySilent, field: "cluster.gateway", ["address": "\(gateway)"])
        }
    }
}

/// Asks the VIP manager whether an address answers, over a connection of its own.
final class AddressProbe: Sendable {
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
