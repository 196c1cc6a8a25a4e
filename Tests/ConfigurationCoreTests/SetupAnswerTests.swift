import ConfigurationCore
import Foundation
import Primitives
import Testing

@Suite struct SetupAnswerTests {
    private static let node = NodeConfiguration(
        name: "n1", interface: "eth0", address: Subnet("10.77.0.11/24")!)

    private func cluster(
        name: String = "demo", vip: String = "[\"10.77.0.50/24\"]", gateway: String? = "10.77.0.1",
        profile: String? = nil
    ) -> String {
        var text = "[cluster]\nname = \"\(name)\"\nvip = \(vip)\n"
        if let gateway { text += "gateway = \"\(gateway)\"\n" }
        if let profile { text += "profile = \"\(profile)\"\n" }
        return text
    }

    /// The error of parsing, else of validating on the node.
    private func failure(_ text: String) -> ConfigurationError? {
        do {
            try SetupAnswer.parse(text).validate(on: Self.node)
            return nil
        } catch { return error }
    }

    @Test func foundsACluster() throws {
        let answer = try SetupAnswer.parse(cluster(vip: "[\"10.77.0.50/24\", \"fd00::50/64\"]", profile: "fast"))
        try answer.validate(on: Self.node)
        #expect(
            answer
                == .found(
                    SetupAnswer.Founding(
                        name: "demo", virtualAddresses: [Subnet("10.77.0.50/24")!, Subnet("fd00::50/64")!],
                        gateway: IPAddress("10.77.0.1")!, profile: .fast)))
    }

    @Test func joinsACluster() throws {
        #expect(
            try SetupAnswer.parse("[join]\nmaster = \"10.77.0.11\"\n")
                == .join(.init(master: IPAddress("10.77.0.11")!, token: nil, role: .voter)))
        #expect(
            try SetupAnswer.parse("[join]\nmaster = \"10.77.0.11\"\ntoken = \"t\"\nrole = \"witness\"\n")
                == .join(.init(master: IPAddress("10.77.0.11")!, token: "t", role: .witness)))
    }

    @Test func aFounderMayHaveALicense() throws {
        guard case .found(let founding) = try SetupAnswer.parse(cluster() + "[license]\nfile = \"a/b.license\"\n")
        else {
            return #expect(Bool(false), "this founds")
        }
        #expect(founding.licenseFile == "a/b.license")
        #expect(
            failure(cluster() + "[license]\n")?.description == "line 5, column 1: license.file: this key is missing")
        #expect(failure(cluster() + "[license]\nfile = \"\"\n")?.problem == .emptyFileName)
        #expect(failure(cluster() + "[license]\nfiles = \"a\"\n")?.problem == .unknownKey(nearest: "file"))
        let joins = failure("[join]\nmaster = \"10.77.0.12\"\n[license]\nfile = \"a\"\n")
        #expect(joins?.problem == .licenseWithoutFounding)
        #expect(joins?.position?.line == 3)
    }

    @Test func wantsExactlyOneSection() {
        #expect(failure("")?.problem == .neitherFoundNorJoin)
        #expect(failure(cluster() + "[join]\nmaster = \"10.77.0.12\"\n")?.problem == .bothFoundAndJoin)
        #expect(failure("[clusters]\n")?.problem == .unknownSection(nearest: "cluster"))
    }

    @Test func refusesTheNodesOwnAddressAsVirtual() {
        let error = failure(cluster(vip: "[\"10.77.0.11/24\"]"))
        #expect(error?.problem == .virtualAddressIsNodeAddress(IPAddress("10.77.0.11")!))
        #expect(
            error?.description
                == "cluster.vip: 10.77.0.11 is this node's own address; the virtual address must be another one")
    }

    @Test func refusesAVirtualAddressOutsideTheSubnet() {
        let error = failure(cluster(vip: "[\"10.78.0.50/24\"]"))
        #expect(error?.description == "cluster.vip: 10.78.0.50 is outside this node's network 10.77.0.11/24")
        #expect(
            failure(cluster(vip: "[\"10.77.0.50/16\"]"))?.problem
                == .virtualPrefixTooShort(Subnet("10.77.0.50/16")!, node: Self.node.address))
    }

    @Test func refusesBadVirtualAddresses() {
        #expect(
            failure(cluster(vip: "[]"))?.description == "line 3, column 7: cluster.vip: the list is empty; "
                + "a cluster needs at least one virtual address")
        #expect(failure(cluster(vip: "[\"x\"]"))?.problem == .badSubnet("x"))
        #expect(
            failure(cluster(vip: "\"10.77.0.50/24\""))?.problem
                == .wrongType(expected: "a list of strings", found: "a string"))
        #expect(failure(cluster(vip: "[\"10.77.0.0/24\"]"))?.problem == .notAHostAddress(Subnet("10.77.0.0/24")!))
        #expect(
            failure(cluster(vip: "[\"10.77.0.1/24\"]"))?.problem
                == .virtualAddressIsGateway(IPAddress("10.77.0.1")!))
        #expect(
            failure(cluster(vip: "[\"10.77.0.50/24\", \"10.77.0.50/32\"]"))?.problem
                == .duplicateVirtualAddress(IPAddress("10.77.0.50")!))
    }

    @Test func refusesBadGateways() {
        #expect(failure(cluster(gateway: nil))?.problem == .gatewayMissing)
        #expect(failure(cluster(gateway: nil))?.field == "cluster.gateway")
        #expect(failure(cluster(gateway: "gw"))?.problem == .badAddress("gw"))
        #expect(
            failure(cluster(gateway: "10.78.0.1"))?.problem
                == .gatewayOutsideSubnet(IPAddress("10.78.0.1")!, node: Self.node.address))
        #expect(
            failure(cluster(gateway: "10.77.0.11"))?.problem
                == .gatewayIsNodeAddress(IPAddress("10.77.0.11")!))
    }

    @Test func refusesBadNamesProfilesAndRoles() {
        #expect(failure(cluster(name: "my cluster"))?.field == "cluster.name")
        #expect(
            failure(cluster(profile: "quick"))?.description
                == "line 5, column 11: cluster.profile: 'quick' is not a profile: use auto, instant, fast, calm or slow"
        )
        #expect(failure("[join]\nmaster = \"10.77.0.12\"\nrole = \"spare\"\n")?.problem == .badRole("spare"))
        #expect(failure("[join]\nmaster = \"10.77.0.12\"\ntoken = \"\"\n")?.problem == .emptyToken)
        #expect(failure("[join]\ntoken = \"t\"\n")?.problem == .missingKey)
        #expect(failure("[join]\nmaster = \"10.77.0.11\"\n")?.problem == .joinsItself(IPAddress("10.77.0.11")!))
        #expect(failure("[cluster]\nvips = []\n")?.problem == .unknownKey(nearest: "vip"))
    }

    private func administrator(_ lines: String...) -> String {
        cluster() + "[administrator]\n" + lines.map { $0 + "\n" }.joined()
    }

    @Test func bringsAnAdministrator() throws {
        let text = administrator("name = \"anna@example.org\"", "password = \"a long enough phrase\"")
        guard case .found(let founding) = try SetupAnswer.parse(text) else {
            Issue.record("no founding")
            return
        }
        #expect(founding.administrator == .init(name: "anna@example.org", password: .text("a long enough phrase")))
        let file = administrator("name = \"anna\"", "password-file = \"/etc/keelson/password\"")
        guard case .found(let other) = try SetupAnswer.parse(file) else {
            Issue.record("no founding")
            return
        }
        #expect(other.administrator == .init(name: "anna", password: .file("/etc/keelson/password")))
        guard case .found(let none) = try SetupAnswer.parse(cluster()) else {
            Issue.record("no founding")
            return
        }
        #expect(none.administrator == nil)
    }

    @Test func refusesBadAdministrators() {
        let name = "name = \"anna\""
        let password = "password = \"a long enough phrase\""
        #expect(
            failure(administrator(name, "password = \"short\""))?.description
                == "line 7, column 12: administrator.password: the password must have at least 12 characters")
        #expect(failure(administrator(name, "password = \"annaannaanna\""))?.problem == .badPassword(.isName))
        #expect(failure(administrator(name, "password = \"password1234\""))?.problem == .badPassword(.tooCommon))
        #expect(
            failure(administrator(name))?.description == "line 5, column 1: administrator.password: this key is missing"
        )
        #expect(failure(administrator(password))?.field == "administrator.name")
        #expect(failure(administrator("name = \"a b\"", password))?.problem == .badUserName("a b"))
        #expect(failure(administrator(name, "password-file = \"here\""))?.problem == .badPath("here"))
        #expect(failure(administrator(name, password, "password-file = \"/x\""))?.problem == .twoPasswords)
        #expect(failure(administrator(name, "pasword = \"x\""))?.problem == .unknownKey(nearest: "password"))
        #expect(
            failure("[join]\nmaster = \"10.77.0.12\"\n[administrator]\n\(name)\n\(password)\n")?.problem
                == .administratorJoins)
    }

    /// The files of installer/answers are what an unattended installation starts from.
    @Test(arguments: ["found", "found-with-administrator", "join", "join-by-approval"])
    func readsTheExamples(name: String) throws {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let file = root.appending(path: "installer/answers/\(name).toml")
        let node = NodeConfiguration(name: "n1", interface: "eth0", address: Subnet("192.0.2.11/24")!)
        let other = NodeConfiguration(name: "n2", interface: "eth0", address: Subnet("192.0.2.12/24")!)
        try SetupAnswer.parse(String(contentsOf: file, encoding: .utf8)).validate(
            on: name.hasPrefix("found") ? node : other)
    }
}
