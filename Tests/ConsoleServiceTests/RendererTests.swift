import APIProtocol
import MembershipCore
import Primitives
import Testing
import Texts

@testable import ConsoleService

@Suite("Templates and what fills them")
struct RendererTests {
    @Test("Every template is well-formed and has all its texts")
    func complete() throws { _ = try Renderer() }

    @Test("A text that is missing is named")
    func missing() {
        #expect(throws: Renderer.UnknownText.self) { try Renderer.translated("a [[console.nowhere]] b", .english) }
    }

    @Test(
        "The browser's first language that the console speaks",
        arguments: [
            ("zh-CN,zh;q=0.9,en;q=0.8", Language.chinese), ("de, zh;q=0.5", .chinese), ("fr-FR", .english),
            ("", .english), ("en-GB,zh;q=0.9", .english),
        ])
    func language(header: String, expected: Language) { #expect(Visitor.preferred(header) == expected) }

    @Test("The state in one word, the gravest problem first")
    func judgement() {
        var status = Samples.status()
        status.nodes.append(status.nodes[0])
        status.nodes[2].id = NodeID("cccccccccccccccc")!
        #expect(Judgement(status).tone == .good)
        status.nodes[2].state = .silent
        status.nodes[2].name = "n3"
        #expect(Judgement(status).tone == .warn)
        #expect(Judgement(status).problems == [.init(tone: .warn, key: "judgement.silent", parameters: ["node": "n3"])])
        status.nodes[2].state = .unknown
        #expect(Judgement(status).problems.map(\.key) == ["judgement.unknown"])
        status.nodes[2].state = .silent
        status.master = nil
        status.vip.holder = nil
        #expect(Judgement(status).tone == .bad)
        #expect(
            Judgement(status).problems.map(\.key) == ["judgement.noMaster", "judgement.vipFree", "judgement.silent"])
    }

    @Test("A failover shows each phase with its milliseconds")
    func failover() throws {
        let parts = LiveParts(renderer: try Renderer())
        var picture = ClusterPicture(status: Samples.status())
        picture.failovers = [Samples.failover]
        let html = parts.render("failovers", picture, .english)
        for text in ["n2 → n1 in 457 ms", "detected 450 ms", "decided 4.0 ms", "address moved 1.0 ms", "master silent"]
        {
            #expect(html.contains(text), "\(text)")
        }
    }

    @Test(arguments: [(0.04, "0.0 ms"), (9.94, "9.9 ms"), (9.96, "10 ms"), (-12.4, "-12 ms")])
    func milliseconds(value: Double, text: String) { #expect(Figures.milliseconds(value) == text) }

    @Test(arguments: [(UInt64(0), "0 B"), (1_023, "1023 B"), (1_536, "1.5 KiB"), (5 << 30, "5.0 GiB")])
    func bytes(count: UInt64, text: String) { #expect(Figures.bytes(count) == text) }
}
