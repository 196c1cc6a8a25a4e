import ConfigurationCore
import Primitives
import Testing

@Suite struct NodeConfigurationTests {
    private static let minimal = "[node]\nname = \"n1\"\ninterface = \"eth0\"\naddress = \"10.77.0.11/24\"\n"

    private func failure(_ text: String) -> ConfigurationError? {
        do {
            _ = try NodeConfiguration.parse(text)
            return nil
        } catch { return error }
    }

    /// The minimal file with one key of [node] replaced or added.
    private func node(_ key: String, _ value: String) -> String {
        let kept = Self.minimal.split(separator: "\n").filter { !$0.hasPrefix(key + " ") }
        return kept.joined(separator: "\n") + "\n\(key) = \(value)\n"
    }

    @Test func appliesDefaults() throws {
        let configuration = try NodeConfiguration.parse(Self.minimal)
        #expect(
            configuration
                == NodeConfiguration(name: "n1", interface: "eth0", address: Subnet("10.77.0.11/24")!))
        #expect(configuration.membershipPath == "/var/lib/keelson/cluster.json")
        #expect(configuration.supervisorSocket == "/run/keelson/supervisor.sock")
    }

    @Test func readsEveryKey() throws {
        let text = """
            [node]
            name = "n2"
            interface = "eth1"
            address = "fd00::2/64"
            domain = "rack-2"
            data = "/srv/data/"
            run = "/srv/run"
            [programs]
            directory = "/opt/bin"
            etcd = "/opt/etcd"
            [api]
            port = 8443
            cluster-port = 9443
            [capture]
            port = 9444
            scrub-days = 30
            scrub-rate = 4
            [realtime]
            enabled = false
            [license]
            test-keys = "/srv/test-keys"
            """
        #expect(
            try NodeConfiguration.parse(text)
                == NodeConfiguration(
                    name: "n2", interface: "eth1", address: Subnet("fd00::2/64")!, domain: "rack-2",
                    data: "/srv/data", run: "/srv/run", programs: "/opt/bin", etcd: "/opt/etcd", apiPort: 8443,
                    clusterPort: 9443, capturePort: 9444, scrub: .init(days: 30, rate: 4), realtime: false,
                    licenseTestKeys: "/srv/test-keys"))
    }

    @Test func namesAnUnknownKeyAndItsNearest() {
        let error = failure("[node]\nname = \"n1\"\nadress = \"10.77.0.11/24\"\n")
        #expect(error?.description == "line 3, column 1: node.adress: unknown key; the nearest known key is 'address'")
        #expect(failure(Self.minimal + "[program]\n")?.problem == .unknownSection(nearest: "programs"))
        #expect(failure("name = \"n1\"\n" + Self.minimal)?.problem == .keyOutsideSection)
    }

    @Test func namesWhatIsMissing() {
        #expect(failure("")?.description == "node: this section is missing")
        #expect(
            failure("[node]\nname = \"n1\"\n")?.description
                == "line 1, column 1: node.interface: this key is missing")
    }

    @Test func namesAWrongType() {
        #expect(
            failure(node("name", "1"))?.description
                == "line 4, column 8: node.name: expected a string, found a number")
        #expect(
            failure(Self.minimal + "[api]\nport = \"443\"\n")?.problem
                == .wrongType(expected: "a number", found: "a string"))
        #expect(
            failure(Self.minimal + "[realtime]\nenabled = 1\n")?.problem
                == .wrongType(expected: "true or false", found: "a number"))
    }

    @Test(arguments: ["", "-n", "n-", "a b", "ä", "a_b", String(repeating: "n", count: 64)])
    func refusesABadName(_ name: String) {
        #expect(failure(node("name", "\"\(name)\""))?.problem == .badName(name))
    }

    @Test(arguments: ["", "a/b", "a b", "eth0:1", "sixteen-letters1", ".", ".."])
    func refusesABadInterface(_ name: String) {
        #expect(failure(node("interface", "\"\(name)\""))?.problem == .badInterface(name))
    }

    @Test(arguments: [
        "10.77.0.0/24", "10.77.0.255/24", "127.0.0.1/8", "224.0.0.5/24", "0.0.0.0/24", "10.0.0.1/0", "::1/64",
        "ff02::1/64",
    ])
    func refusesWhatIsNoHostAddress(_ text: String) {
        #expect(failure(node("address", "\"\(text)\""))?.problem == .notAHostAddress(Subnet(text)!))
        #expect(failure(node("address", "\"\(text)\""))?.field == "node.address")
    }

    @Test(arguments: ["10.77.0.11", "10.77.0.11/33", "10.77.0.256/24", "host/24"])
    func refusesWhatIsNoSubnet(_ text: String) {
        #expect(failure(node("address", "\"\(text)\""))?.problem == .badSubnet(text))
    }

    @Test func refusesBadPathsAndPorts() {
        #expect(failure(node("data", "\"lib\""))?.problem == .badPath("lib"))
        let long = "/" + String(repeating: "r", count: 100)
        #expect(failure(node("run", "\"\(long)\""))?.problem == .pathTooLong(limit: 85))
        #expect(failure(Self.minimal + "[api]\nport = 0\n")?.problem == .badPort(0))
        #expect(failure(Self.minimal + "[api]\nport = 65536\n")?.problem == .badPort(65536))
        #expect(failure(Self.minimal + "[api]\nport = 7443\n")?.problem == .samePort(7443))
        #expect(failure(Self.minimal + "[capture]\nport = 443\n")?.problem == .samePort(443))
        #expect(
            failure(Self.minimal + "[capture]\nscrub-rate = 0\n")?.problem
                == .outOfRange(0, lowest: 1, highest: 100_000))
    }
}
