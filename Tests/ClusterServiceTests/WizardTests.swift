import Identity
import Texts
import SetupCore
import APIProtocol
import ConfigurationCore
import Foundation
import MembershipCore
import Primitives
import Testing

@testable import ClusterService

@Suite("The setup wizard's API on a node without a cluster")
struct WizardTests {
    @Test("Ten wrong codes, then a new one; it survives a restart, and so do the tries")
    func code() async throws {
        let machine = try SetupNode()
        let node = try machine.boot()
        let code = try await node.setupCode().code
        #expect(try machine.mode("setup/code") == 0o600)
        for left in (1...9).reversed() {
            let error = await refusal { _ = try await node.openSetupSession(code: "0000-0000") }
            #expect(error?.code == .setupCodeWrong && error?.parameters["left"] == "\(left)")
        }
        let again = try machine.boot()
        #expect(try await again.setupCode().code == code)
        let last = await refusal { _ = try await again.openSetupSession(code: "0000-0000") }
        #expect(last?.code == .setupCodeRenewed)
        let renewed = try await again.setupCode()
        #expect(renewed.code != code && renewed.url == "https://10.77.0.11")
        #expect(renewed.fingerprint == node.identity.node.certificate.fingerprint)
        let old = await refusal { _ = try await again.openSetupSession(code: code) }
        #expect(old?.code == .setupCodeWrong)
        _ = try await again.openSetupSession(code: renewed.code.lowercased())
    }

    @Test("A session is an administrator's token, kept as its hash, good after a restart")
    func session() async throws {
        let machine = try SetupNode()
        let node = try machine.boot()
        let code = try await node.setupCode().code
        let first = try await node.openSetupSession(code: code)
        let second = try await node.openSetupSession(code: code)
        let token = try #require(UserToken(first.token))
        let again = try machine.boot()
        let identity = try await again.authenticate(token)
        #expect(identity?.name == "setup" && identity?.role == .administrator)
        #expect(try await again.authenticate(try #require(UserToken(second.token))) != nil)
        let other = UserToken(idBytes: [1, 2, 3, 4], secretBytes: Array(repeating: 0, count: 16))
        #expect(try await again.authenticate(other) == nil)
        let file = try String(contentsOfFile: machine.configuration.data + "/setup/session", encoding: .utf8)
        #expect(!file.contains(token.secret))
        #expect(try machine.mode("setup/session") == 0o600)
    }

    @Test("Two browsers: the second save is refused, and nothing is lost")
    func twoBrowsers() async throws {
        let machine = try SetupNode()
        let node = try machine.boot()
        _ = try await node.changeSetupDraft(SetupDraftChange(revision: 0, language: .english))
        let error = await refusal {
            _ = try await node.changeSetupDraft(SetupDraftChange(revision: 0, language: .chinese))
        }
        #expect(error?.code == .draftChanged)
        #expect(try await machine.boot().setupDraft().language == .english)
        #expect(try machine.mode("setup/draft.json") == 0o600)
    }

    @Test("The password is on the disk as its hash only, also after the founding")
    func password() async throws {
        let machine = try SetupNode()
        let node = try machine.boot()
        try await SetupNode.fill(node)
        #expect(try await node.setupDraft().administrator == DraftAdministrator(name: "anna", passwordSet: true))
        _ = try await node.startSetup()
        _ = try await SetupNode.settle(node)
        for file in ["setup/draft.json", "founding.json"] {
            let text = try String(contentsOfFile: machine.configuration.data + "/" + file, encoding: .utf8)
            #expect(!text.contains("a long and secret one") && text.contains("scrypt"), "\(file)")
        }
    }

    @Test(
        "A virtual address that cannot be is refused at once, and nothing is saved",
        arguments: [
            ("10.77.0.11/24", "10.77.0.1", APIErrorCode.vipIsNodeAddress, "network.vip"),
            ("10.78.0.50/24", "10.77.0.1", .vipOutsideSubnet, "network.vip"),
            ("10.77.0.50/24", "10.78.0.1", .gatewayOutsideSubnet, "network.gateway"),
        ])
    func wrongAddress(vip: String, gateway: String, code: APIErrorCode, field: String) async throws {
        let node = try SetupNode().boot()
        let error = await refusal {
            _ = try await node.changeSetupDraft(
                SetupDraftChange(
                    revision: 0, language: .english,
                    network: DraftNetwork(vip: [try #require(Subnet(vip))], gateway: IPAddress(gateway))))
        }
        #expect(error?.code == code && error?.field == field)
        #expect(try await node.setupDraft() == SetupDraft(revision: 0, step: 1))
    }

    @Test("An address of a node that was approved is taken as well")
    func approvedAddress() async throws {
        let node = try SetupNode().boot()
        try await SetupNode.fill(node)
        let joiner = Joiner(number: 2)
        let code = try #require(try await node.joinRequest(joiner.request()).pending?.code)
        try await node.approve(joiner.key.node, code: code)
        let error = await refusal {
            _ = try await node.changeSetupDraft(
                SetupDraftChange(revision: 1, network: DraftNetwork(vip: [try #require(Subnet("10.77.0.12/24"))])))
        }
        #expect(error?.code == .vipIsNodeAddress && error?.parameters["node"] == "n2")
    }

    @Test("A time zone that does not exist")
    func timeZone() async throws {
        guard FileManager.default.fileExists(atPath: "/usr/share/zoneinfo") else { return }
        let node = try SetupNode().boot()
        let error = await refusal {
            _ = try await node.changeSetupDraft(
                SetupDraftChange(revision: 0, cluster: DraftCluster(name: "demo", timeZone: "Europe/Atlantis")))
        }
        #expect(error?.code == .invalidValue && error?.field == "cluster.timeZone")
    }

    @Test("The start names what is missing")
    func incomplete() async throws {
        let node = try SetupNode().boot()
        let error = await refusal { _ = try await node.startSetup() }
        #expect(error?.code == .missingField && error?.field == "language")
    }

    @Test("The start asks the network again, and changes nothing when it says no")
    func checksAtTheStart() async throws {
        let machine = try SetupNode(used: ["10.77.0.1", "10.77.0.50"])
        let node = try machine.boot()
        try await SetupNode.fill(node)
        let used = await refusal { _ = try await node.startSetup() }
        #expect(used?.code == .vipInUse && used?.field == "network.vip")
        let silent = try SetupNode(used: [])
        let other = try silent.boot()
        try await SetupNode.fill(other)
        let error = await refusal { _ = try await other.startSetup() }
        #expect(error?.code == .gatewaySilent && error?.field == "network.gateway")
        #expect(try machine.membership == nil && !machine.exists("founding.json"))
        #expect(try await node.setupDraft().step == 6)
    }

    @Test("An unreachable time server stops the start")
    func silentTimeServer() async throws {
        let machine = try SetupNode()
        let node = try machine.boot()
        try await SetupNode.fill(node, ntp: ["127.0.0.1:1"])
        let error = await refusal { _ = try await node.startSetup() }
        #expect(error?.code == .ntpSilent && error?.field == "cluster.ntp")
        #expect(error?.parameters["server"] == "127.0.0.1:1")
        #expect(try machine.membership == nil)
    }

    @Test(
        "A power cut in the middle: a member, or the draft at its last step",
        arguments: InstalledNode.FoundingStep.allCases)
    func powerCut(step: InstalledNode.FoundingStep) async throws {
        let machine = try SetupNode()
        let node = try machine.boot(cutAt: step)
        let fingerprint = node.identity.node.certificate.fingerprint
        try await SetupNode.fill(node)
        let session = try await node.openSetupSession(code: try await node.setupCode().code)
        _ = try await node.startSetup()
        #expect(try await SetupNode.settle(node).failure != nil)
        if step == .membershipWritten {
            #expect(try machine.membership?.clusterName == "demo")
            #expect(machine.exists("founding.json") && machine.exists("identity/ca.key"))
            let left = try #require(try SetupFiles(data: machine.configuration.data).sessionsLeft())
            #expect(left.isOver(at: Timestamp.now.adding(.seconds(3_601))))
            return
        }
        #expect(try machine.membership == nil)
        let again = try machine.boot()
        #expect(again.identity.node.certificate.fingerprint == fingerprint)
        let draft = try await again.setupDraft()
        #expect(draft.step == 7 && draft.name == "demo")
        #expect(try await again.authenticate(try #require(UserToken(session.token))) != nil)
        _ = try await again.startSetup()
        _ = try await SetupNode.settle(again)
        #expect(try machine.membership?.clusterName == "demo")
        let path = machine.configuration.identityDirectory + "/node.crt"
        let certificate = try String(contentsOfFile: path, encoding: .utf8)
        #expect(certificate == again.identity.node.certificate.pem)
    }
}
