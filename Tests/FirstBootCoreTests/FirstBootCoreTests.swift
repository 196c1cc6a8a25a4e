import ConfigurationCore
import Primitives
import Testing

@testable import FirstBootCore
@testable import PacketProtocol

@Suite("First boot")
struct FirstBootCoreTests {
    private static let start = Instant(nanoseconds: 1_000_000_000)

    private static func link(_ index: Int32, _ name: String, up: Bool = true, hardware: String? = "52:54:00:0a:0b:0c")
        -> LinkState
    {
        LinkState(index: index, name: name, isUp: up, exists: true, hardware: hardware.flatMap(HardwareAddress.init))
    }

    private static func address(_ index: Int32, _ text: String, flags: UInt32 = 0) -> AddressState {
        AddressState(index: index, subnet: Subnet(text)!, origin: 0, flags: flags, validSeconds: nil)
    }

    private static func first(_ links: [LinkState], _ addresses: [AddressState]) -> FirstBootCore.Step {
        var core = FirstBootCore()
        return core.step(links: links, addresses: addresses, at: start)
    }

    @Test("The configuration that is written is one that the daemons read")
    func document() throws {
        let step = Self.first([Self.link(2, "enp1s0")], [Self.address(2, "192.0.2.11/24")])
        let place = NodePlace(name: "keelson-0a0b0c", interface: "enp1s0", address: Subnet("192.0.2.11/24")!)
        #expect(step == .found(place))
        let node = try NodeConfiguration.parse(place.document)
        #expect(node == NodeConfiguration(name: place.name, interface: place.interface, address: place.address))
    }

    @Test(
        "Addresses that others cannot reach, or that are not certain, do not count",
        arguments: [
            address(2, "127.0.0.1/8"), address(2, "169.254.7.9/16"), address(2, "fe80::1/64"), address(2, "::1/128"),
            address(2, "192.0.2.0/24"), address(2, "2001:db8::1/64", flags: 0x40),
            address(2, "2001:db8::1/64", flags: 0x01), address(2, "2001:db8::1/64", flags: 0x08),
            address(2, "2001:db8::1/64", flags: 0x20), address(3, "192.0.2.11/24"),
        ])
    func unfit(address: AddressState) {
        #expect(Self.first([Self.link(2, "eth0")], [address]) == .wait(until: .distantFuture))
    }

    @Test("Interfaces without a cable, or that are no wired ones, do not count")
    func unfitLinks() {
        let address = Self.address(2, "192.0.2.11/24")
        #expect(Self.first([Self.link(2, "eth0", up: false)], [address]) == .wait(until: .distantFuture))
        #expect(Self.first([Self.link(2, "tun0", hardware: nil)], [address]) == .wait(until: .distantFuture))
    }

    @Test("The first interface goes before the others, IPv4 before IPv6")
    func choice() {
        let links = [Self.link(3, "eth1"), Self.link(2, "eth0", hardware: "52:54:00:00:00:01")]
        let addresses = [
            Self.address(2, "2001:db8::1/64"), Self.address(3, "192.0.2.30/24"), Self.address(2, "192.0.2.20/24"),
        ]
        let best = NodePlace(name: "keelson-000001", interface: "eth0", address: Subnet("192.0.2.20/24")!)
        #expect(Self.first(links, addresses) == .found(best))
        #expect(Self.first(links, [addresses[0], addresses[1]]) != Self.first(links, [addresses[0]]))
    }

    @Test("IPv6 is taken when IPv4 has not followed in time, and waits anew when it has gone in between")
    func patience() {
        var core = FirstBootCore()
        let links = [Self.link(2, "eth0")]
        let six = [Self.address(2, "2001:db8::1/64")]
        let end = Self.start + FirstBootCore.patience
        #expect(core.step(links: links, addresses: six, at: Self.start) == .wait(until: end))
        #expect(core.step(links: links, addresses: six, at: end - .milliseconds(1)) == .wait(until: end))
        let four = six + [Self.address(2, "192.0.2.11/24")]
        var other = core
        #expect(other.step(links: links, addresses: four, at: end) == core.stepFound("192.0.2.11/24"))
        #expect(core.step(links: links, addresses: [], at: end) == .wait(until: .distantFuture))
        #expect(core.step(links: links, addresses: six, at: end) == .wait(until: end + FirstBootCore.patience))
        let late = end + FirstBootCore.patience
        #expect(core.step(links: links, addresses: six, at: late) == core.stepFound("2001:db8::1/64"))
    }
}

extension FirstBootCore {
    fileprivate func stepFound(_ address: String) -> Step {
        .found(NodePlace(name: "keelson-0a0b0c", interface: "eth0", address: Subnet(address)!))
    }
}
