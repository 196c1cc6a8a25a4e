import APIProtocol
import Primitives

/// What can be said about virtual addresses and gateway without asking the network.
public struct AddressRules: Sendable {
    /// A node whose address is taken.
    public struct Node: Sendable {
        let name: String
        let address: IPAddress

        public init(name: String, address: IPAddress) {
            self.name = name
            self.address = address
        }
    }

    /// This node's address and network.
    let subnet: Subnet
    let nodes: [Node]
    /// What stands before `vip` and `gateway` in the fields of errors, as `cluster.`.
    let prefix: String

    public init(subnet: Subnet, nodes: [Node], prefix: String) {
        self.subnet = subnet
        self.nodes = nodes
        self.prefix = prefix
    }

    /// The node's network is known for its own IP version only.
    public func outsideSubnet(_ virtual: Subnet) -> APIError? {
        guard virtual.address.isIPv4 == subnet.address.isIPv4 else { return nil }
        guard subnet.contains(virtual.address) else {
            return APIError(
                .vipOutsideSubnet, field: prefix + "vip",
                ["address": "\(virtual.address)", "subnet": "\(subnet)"])
        }
        guard virtual.prefixLength >= subnet.prefixLength else {
            return .invalid(
                prefix + "vip", clause: "tooWide", ["address": "\(virtual)", "subnet": "\(subnet)"])
        }
        return nil
    }

    public func nodeAddress(_ virtual: Subnet) -> APIError? {
        guard let node = nodes.first(where: { $0.address == virtual.address }) else { return nil }
        return APIError(
            .vipIsNodeAddress, field: prefix + "vip", ["address": "\(virtual.address)", "node": node.name])
    }

    public func wrongGateway(_ gateway: IPAddress) -> APIError? {
        if gateway == subnet.address { return .invalid(prefix + "gateway", clause: "ownAddress") }
        guard !subnet.contains(gateway) else { return nil }
        return APIError(
            .gatewayOutsideSubnet, field: prefix + "gateway", ["address": "\(gateway)", "subnet": "\(subnet)"])
    }

    /// - Throws: the first thing that is wrong.
    public func check(_ addresses: [Subnet], gateway: IPAddress?) throws(APIError) {
        for address in addresses {
            if let error = nodeAddress(address) ?? outsideSubnet(address) { throw error }
        }
        if let gateway, let error = wrongGateway(gateway) { throw error }
    }
}
