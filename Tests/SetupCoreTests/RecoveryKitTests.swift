import APIProtocol
import MembershipCore
import Primitives
import SetupCore
import Testing
import Texts

@Suite("Recovery kit")
struct RecoveryKitTests {
    private let kit = RecoveryKit(
        clusterName: "demo", clusterID: "keelson-abc",
        settings: ClusterConfiguration(
            vip: [Subnet("10.77.0.50/24")!], gateway: IPAddress("10.77.0.1")!, profile: .auto),
        nodes: [.init(name: "n1", address: IPAddress("10.77.0.11")!, role: .voter, id: NodeID("0123456789abcdef")!)],
        generation: 2, epoch: "2.17", authorityPEM: "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n",
        authorityFingerprint: "00ff", made: Timestamp(milliseconds: 0))

    @Test("Every fact is in it, in both languages", arguments: Language.allCases)
    func facts(language: Language) {
        let text = kit.text(in: language)
        for fact in [
            "demo", "keelson-abc", "10.77.0.50/24", "10.77.0.1", "10.77.0.11", "0123456789abcdef", "2.17", "00ff",
            "BEGIN CERTIFICATE", "keelson-supervisor recover", "1970-01-01T00:00:00.000Z",
        ] {
            #expect(text.contains(fact), "\(fact)")
        }
        #expect(!text.contains("PRIVATE KEY") && !text.contains("{") && !text.contains("kit.title"))
    }
}
