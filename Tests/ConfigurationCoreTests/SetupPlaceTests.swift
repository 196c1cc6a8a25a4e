import ConfigurationCore
import Primitives
import Testing

@Suite("Servers, time zone, language and rack in the answer file")
struct SetupPlaceTests {
    private func parse(_ more: String, _ rest: String = "") throws(ConfigurationError) -> SetupAnswer.Founding? {
        let text = """
            [cluster]
            name = "demo"
            vip = ["10.77.0.50/24"]
            gateway = "10.77.0.1"
            \(more)
            \(rest)
            """
        guard case .found(let founding) = try SetupAnswer.parse(text) else { return nil }
        return founding
    }

    @Test func everything() throws {
        let founding = try parse(
            """
            dns = ["10.77.0.1", "fd77::1"]
            ntp = ["ntp.example.org", "10.77.0.1:1123"]
            time-zone = "Europe/Zurich"
            language = "zh"
            """, "[rack]\nnodes = 3")
        #expect(founding?.nameServers == [IPAddress("10.77.0.1")!, IPAddress("fd77::1")!])
        #expect(founding?.timeServers.map(\.description) == ["ntp.example.org", "10.77.0.1:1123"])
        #expect(founding?.timeZone == "Europe/Zurich" && founding?.language == .zh)
        #expect(founding?.rack == SetupAnswer.Rack(nodes: 3, minutes: 30))
    }

    @Test(
        "Each wrong value names its field",
        arguments: [
            ("dns = [\"x\"]", "", "cluster.dns"), ("dns = [\"1.1.1.1\", \"1.1.1.1\"]", "", "cluster.dns"),
            ("dns = [\"1.1.1.1\", \"1.1.1.2\", \"1.1.1.3\", \"1.1.1.4\"]", "", "cluster.dns"),
            ("ntp = [\"a b\"]", "", "cluster.ntp"), ("ntp = [\"a:0\"]", "", "cluster.ntp"),
            ("ntp = \"a\"", "", "cluster.ntp"), ("time-zone = \"../x\"", "", "cluster.time-zone"),
            ("language = \"de\"", "", "cluster.language"), ("", "[rack]", "rack.nodes"),
            ("", "[rack]\nnodes = 0", "rack.nodes"), ("", "[rack]\nnodes = 65", "rack.nodes"),
            ("", "[rack]\nnodes = 1\nminutes = 241", "rack.minutes"), ("", "[rack]\nnode = 1", "rack.node"),
        ])
    func wrong(more: String, rest: String, field: String) {
        let error = #expect(throws: ConfigurationError.self) { try parse(more, rest) }
        #expect(error?.field == field && error?.position != nil)
    }

    @Test func rackNeedsACluster() {
        let error = #expect(throws: ConfigurationError.self) {
            try SetupAnswer.parse("[join]\nmaster = \"10.77.0.11\"\n[rack]\nnodes = 1\n")
        }
        #expect(error?.problem == .rackWithoutCluster && error?.field == "rack")
    }
}
