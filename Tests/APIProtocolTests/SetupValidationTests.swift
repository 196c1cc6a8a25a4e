import MembershipCore
import Primitives
import Testing
import Texts

@testable import APIProtocol

@Suite("Validation of setup and settings")
struct SetupValidationTests {
    private func field(_ request: some Validatable) -> String? {
        do throws(APIError) {
            try request.validate()
            return nil
        } catch {
            return error.field ?? "?"
        }
    }

    private func founding(
        vip: String = "10.0.0.5/24", dns: [String]? = nil, ntp: [String]? = nil, timeZone: String? = nil,
        rack: RackModeChange? = nil
    ) -> SetupRequest {
        SetupRequest(
            cluster: FoundCluster(
                name: "demo", vip: [Subnet(vip)!], dns: dns?.compactMap { IPAddress($0) }, ntp: ntp,
                timeZone: timeZone, language: .chinese), rack: rack)
    }

    @Test("A founding names the field of what is wrong")
    func foundings() {
        #expect(
            field(
                founding(
                    dns: ["10.0.0.1", "fd00::1"], ntp: ["a.example:123", "[fd00::1]:1"], timeZone: "Europe/Zurich",
                    rack: RackModeChange(nodes: 64, minutes: 240))) == nil)
        #expect(field(founding(dns: ["10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.4"])) == "cluster.dns")
        #expect(field(founding(ntp: (0..<9).map { "t\($0)" })) == "cluster.ntp")
        #expect(field(founding(ntp: ["a", "a"])) == "cluster.ntp")
        #expect(field(founding(ntp: ["a", "b c"])) == "cluster.ntp[1]")
        #expect(field(founding(timeZone: "/etc/passwd")) == "cluster.timeZone")
        #expect(field(founding(rack: RackModeChange(nodes: 65))) == "rack.nodes")
        #expect(field(founding(rack: RackModeChange(nodes: 1, minutes: 0))) == "rack.minutes")
        var join = SetupRequest(join: JoinCluster(master: IPAddress("10.0.0.1")!))
        join.rack = RackModeChange(nodes: 1)
        #expect(field(join) == "rack")
    }

    @Test(
        "A virtual address is one host's",
        arguments: [
            "10.0.0.0/24", "10.0.0.255/24", "127.0.0.1/8", "224.0.0.1/24", "0.0.0.0/0", "ff02::1/64", "::1/128",
        ])
    func hosts(vip: String) { #expect(field(founding(vip: vip)) == "cluster.vip") }

    @Test("Settings may be changed one by one, and not to anything")
    func settings() {
        #expect(field(ConfigurationChange(dns: [])) == nil)
        #expect(field(ConfigurationChange(language: .english)) == nil)
        #expect(field(ConfigurationChange(ntp: ["x y"])) == "ntp[0]")
        #expect(field(ConfigurationChange(timeZone: "")) == "timeZone")
        #expect(field(ConfigurationChange()) == "vip")
        #expect(ConfigurationChange(dns: [], language: .english).fields == ["dns", "language"])
    }
}
