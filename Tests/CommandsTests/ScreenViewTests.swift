import APIProtocol
import AsyncHTTPClient
import MembershipCore
import Primitives
import Testing
import Texts

@testable import Commands

@Suite("Screen")
struct ScreenViewTests {
    private static let node = NodeID("0123456789abcdef")!
    private static let setup = SetupStatus(stage: .installed, finished: false, phases: [])
    private static let answer = SetupCodeAnswer(
        code: "K7QM-2XRT", url: "https://192.0.2.11/",
        fingerprint: Array(repeating: "AB", count: 32).joined(separator: ":"))

    private static func status(_ state: NodeState = .online, healthy: Bool = true, asked: NodeID = node)
        -> ClusterStatus
    {
        ClusterStatus(
            clusterName: "demo", stage: .member,
            node: ThisNode(id: asked, name: "n1", address: IPAddress("192.0.2.11")!),
            master: MasterStatus(node: node, name: "n1", epoch: "1.7", since: Timestamp(milliseconds: 0)),
            vip: VIPStatus(addresses: [Subnet("192.0.2.50/24")!], holder: node),
            nodes: [
                NodeStatus(
                    id: node, name: "n1", address: IPAddress("192.0.2.11")!, role: .voter, state: .online,
                    isMaster: true),
                NodeStatus(
                    id: NodeID("1123456789abcdef")!, name: "n2", address: IPAddress("192.0.2.12")!, role: .voter,
                    state: state, isMaster: false),
            ], etcd: EtcdStatus(healthy: healthy, members: 2, inStep: 2, leader: node, alarms: []),
            profile: ProfileStatus(
                chosen: .auto, active: .fast, renewMilliseconds: 50, fenceMilliseconds: 250, takeMilliseconds: 500))
    }

    private static func lines(_ state: ScreenView.State, _ language: Language = .english) -> [String] {
        let session = Session(
            client: APIClient(target: .socket("/"), http: HTTPClient.shared), format: .text, language: language,
            wait: nil)
        return ScreenView(state: state, session: session).lines
    }

    @Test("Before setup: address, code and fingerprint")
    func installed() {
        let rule = String(repeating: "=", count: 80)
        let half = "AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB"
        #expect(
            Self.lines(.installed(Self.answer, Self.setup)) == [
                rule, "  Keelson \(KeelsonVersion.text)", rule, "",
                "  SETUP: open https://192.0.2.11/ in a browser", "", "  Setup code:  K7QM-2XRT", "",
                "  The browser asks about the certificate. Its fingerprint (SHA-256) must be:", "  \(half):",
                "  \(half)",
            ])
    }

    @Test("A member says who is master, who holds the address, and how many are there")
    func member() {
        #expect(
            Self.lines(.member(Self.status())).dropFirst(4) == [
                "  MEMBER of the cluster", "", "  demo", "  This node:        n1, 192.0.2.11",
                "  Master:           n1", "  Virtual address:  192.0.2.50, held by n1", "  Nodes online:     2 of 2",
            ])
    }

    @Test("What is wrong shows in the title; another node's silence is for the master to judge")
    func degraded() {
        let degraded = "  DEGRADED: something of the cluster needs attention"
        #expect(Self.lines(.member(Self.status(.silent)))[4] == degraded)
        #expect(Self.lines(.member(Self.status(healthy: false)))[4] == degraded)
        let other = Self.status(.silent, asked: NodeID("1123456789abcdef")!)
        #expect(Self.lines(.member(other))[4] == "  MEMBER of the cluster")
    }

    @Test("A joiner shows the digits to compare, and what holds it up")
    func joining() {
        var setup = SetupStatus(stage: .joining, finished: false, phases: [], code: "482913")
        setup.hint = APIError(.noMaster)
        let lines = Self.lines(.joining(Self.status(), setup))
        #expect(lines[4] == "  WAITING FOR APPROVAL: compare the code 482913 with the master's")
        #expect(lines.last == "  " + APIError(.noMaster).sentence(in: .english))
    }

    @Test("Every picture fits a terminal of 80 columns and 24 rows, in both languages", arguments: Language.allCases)
    func fits(language: Language) {
        let joining = SetupStatus(stage: .joining, finished: false, phases: [], code: "482913")
        let states: [ScreenView.State] = [
            .starting(APIError(.unreachable).sentence(in: language)), .installed(Self.answer, Self.setup),
            .joining(Self.status(), joining), .member(Self.status()), .member(Self.status(.silent)),
        ]
        for state in states {
            let lines = Self.lines(state, language)
            #expect(lines.count <= 24)
            for line in lines { #expect(Table.width(line) <= ScreenView.columns, "\(line)") }
        }
    }

    @Test("Drawing starts with an empty terminal")
    func drawn() {
        #expect(ScreenCommand.drawn(["a", "b"]) == "\u{1B}[2J\u{1B}[Ha\nb")
    }
}
