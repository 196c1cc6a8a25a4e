import Primitives

extension SetupAnswer.Founding {
    private static let vip = "cluster.vip"
    private static let gatewayField = "cluster.gateway"

    /// What the answer alone can say about its addresses.
    func validate() throws(ConfigurationError) {
        guard !virtualAddresses.isEmpty else { throw ConfigurationError(.noVirtualAddress, field: Self.vip) }
        for (index, virtual) in virtualAddresses.enumerated() {
            guard virtual.isHostAddress else { throw ConfigurationError(.notAHostAddress(virtual), field: Self.vip) }
            guard !virtualAddresses[..<index].contains(where: { $0.address == virtual.address }) else {
                throw ConfigurationError(.duplicateVirtualAddress(virtual.address), field: Self.vip)
            }
            guard virtual.address != gateway else {
                throw ConfigurationError(.virtualAddressIsGateway(gateway), field: Self.vip)
            }
        }
    }

    /// Checks the whole request against the node's own address and network. The node's network is known for its
    /// address's family only; virtual addresses of the other family are checked by themselves.
    /// - Throws: with field `cluster.vip` or `cluster.gateway`.
    public func validate(on node: Subnet) throws(ConfigurationError) {
        try validate()
        for virtual in virtualAddresses {
            guard virtual.address != node.address else {
                throw ConfigurationError(.virtualAddressIsNodeAddress(virtual.address), field: Self.vip)
            }
            guard virtual.address.isIPv4 == node.address.isIPv4 else { continue }
            guard node.contains(virtual.address) else {
                throw ConfigurationError(
                    .virtualAddressOutsideSubnet(virtual.address, node: node), field: Self.vip)
            }
            guard virtual.prefixLength >= node.prefixLength else {
                throw ConfigurationError(.virtualPrefixTooShort(virtual, node: node), field: Self.vip)
            }
        }
        guard gateway != node.address else {
            throw ConfigurationError(.gatewayIsNodeAddress(gateway), field: Self.gatewayField)
        }
        guard node.contains(gateway) else {
            throw ConfigurationError(.gatewayOutsideSubnet(gateway, node: node), field: Self.gatewayField)
        }
    }
}
