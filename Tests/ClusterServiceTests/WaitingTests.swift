import Texts
import SetupCore
import ConfigurationCore
import APIProtocol
import Foundation
import Identity
import JoinCore
import MembershipCore
import Primitives
import Testing

@testable import ClusterService

@Suite("Nodes that ask before there is a cluster")
struct WaitingTests {
    @Test("A node that nobody sets up lets nobody wait")
    func notBegun() async throws {
        let node = try SetupNode().boot()
        let error = await refusal { _ = try await node.joinRequest(Joiner(number: 2).request()) }
        #expect(error?.code == .notSetUp)
        #expect(InstalledNode.isPassing(try #require(error)))
        #expect(try await node.authority().authority == node.identity.authority.trust.pem)
    }

    @Test("Approved by its six digits it is in the founding document, as an approved pending record")
    func approval() async throws {
        let machine = try SetupNode()
        let node = try machine.boot()
        try await SetupNode.fill(node)
        let joiner = Joiner(number: 2)
        let code = try #require(try await node.joinRequest(joiner.request()).pending?.code)
        let trust = node.identity.authority.trust
        #expect(code == ComparisonCode(ca: trust.fingerprint, publicKeyDER: joiner.key.publicKeyDER).description)
        #expect(try await node.pendingNodes().map(\.name) == ["n2"])
        let wrong = await refusal {
            try await node.approve(joiner.key.node, code: code == "000000" ? "000001" : "000000")
        }
        #expect(wrong?.code == .codeMismatch)
        try await node.approve(joiner.key.node, code: code)
        #expect(try await node.pendingNodes().isEmpty)
        #expect(
            try await machine.boot().setupDraft().approved == [
                ApprovedNode(id: joiner.key.node, name: "n2", code: code)
            ])
        #expect(try await node.joinRequest(joiner.request()).pending?.code == code)
        _ = try await node.startSetup()
        _ = try await SetupNode.settle(node)
        let bytes = try Data(contentsOf: URL(fileURLWithPath: machine.configuration.data + "/founding.json"))
        let document = try JSONDecoder().decode(FoundingDocument.self, from: bytes)
        let approved = try #require(document.approved?.first)
        #expect(approved.id == joiner.key.node && PendingRecord(approved).isApproved)
        #expect(document.changes.count == 6 && document.settings.timeZone == "UTC")
    }

    @Test("Rejected, it is told so; an approval is taken back")
    func rejection() async throws {
        let node = try SetupNode().boot()
        try await SetupNode.fill(node)
        let joiner = Joiner(number: 2)
        let code = try #require(try await node.joinRequest(joiner.request()).pending?.code)
        try await node.approve(joiner.key.node, code: code)
        try await node.reject(joiner.key.node)
        #expect(try await node.setupDraft().approved.isEmpty)
        _ = try await node.joinRequest(joiner.request())
        try await node.reject(joiner.key.node)
        let error = await refusal { _ = try await node.joinRequest(joiner.request()) }
        #expect(error?.code == .joinRejected)
        let unknown = await refusal { try await node.reject(NodeKey().node) }
        #expect(unknown?.code == .unknownNode)
    }

    @Test("Rack mode takes the next ones in and ends by itself")
    func rack() async throws {
        let node = try SetupNode().boot()
        try await SetupNode.fill(node)
        _ = try await node.changeRackMode(RackModeChange(nodes: 2, minutes: 5))
        #expect(try await node.rackMode().nodes == 2)
        let joiners = (2...4).map { Joiner(number: $0) }
        for joiner in joiners { _ = try await node.joinRequest(joiner.request()) }
        let draft = try await node.setupDraft()
        #expect(draft.approved.map(\.name) == ["n2", "n3"] && draft.approved.allSatisfy { $0.code == nil })
        #expect(try await node.pendingNodes().map(\.name) == ["n4"])
        #expect(try await node.rackMode() == .closed && draft.revision == 1)
        _ = try await node.joinRequest(joiners[0].request())
        #expect(try await node.setupDraft().approved.count == 2)
    }

    @Test(
        "A clock 40 s off is told to the node and shown in the list; put right, the node goes on", arguments: [40, -40])
    func clock(seconds: Int64) async throws {
        let node = try SetupNode().boot()
        try await SetupNode.fill(node)
        _ = try await node.changeRackMode(RackModeChange(nodes: 1))
        let joiner = Joiner(number: 2)
        let error = await refusal {
            _ = try await node.joinRequest(joiner.request(sentAt: Timestamp.now.adding(.seconds(seconds))))
        }
        #expect(error?.code == .clockSkew && error?.parameters["node"] == "n2")
        #expect(InstalledNode.isPassing(try #require(error)))
        let offset = try #require(try await node.pendingNodes().first?.clockOffsetMilliseconds)
        #expect(abs(offset - Double(seconds) * 1_000) < 2_000)
        #expect(try await node.setupDraft().approved.isEmpty, "rack mode takes no node with such a clock")
        _ = try await node.joinRequest(joiner.request())
        #expect(try await node.setupDraft().approved.map(\.name) == ["n2"])
    }

    @Test("Names, addresses and the virtual address are taken once")
    func unique() async throws {
        let node = try SetupNode().boot()
        try await SetupNode.fill(node)
        func ask(_ name: String, _ address: String) async -> APIErrorCode? {
            await refusal {
                _ = try await node.joinRequest(
                    JoinRequest(
                        csr: try NodeKey().certificateRequest(), name: name,
                        address: try #require(IPAddress(address)), role: .voter))
            }?.code
        }
        #expect(await ask("n1", "10.77.0.12") == .duplicateName)
        #expect(await ask("n2", "10.77.0.11") == .duplicateAddress)
        #expect(await ask("n2", "10.77.0.50") == .vipIsNodeAddress)
    }
}
