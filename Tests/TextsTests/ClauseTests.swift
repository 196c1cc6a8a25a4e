import Testing

@testable import Texts

@Suite("Clauses that are stored in English")
struct ClauseTests {
    @Test(
        "They are said in the reader's language, with what stands in them",
        arguments: [
            ("handed over to n2", "已移交给 n2"), ("handed over", "已移交"), ("Connection refused", "连接被拒绝"),
            ("it was not done within 15 s", "未在 15 秒内完成"),
            ("the server answered with status 301 (redirects are not followed)", "服务器返回状态 301（不跟随重定向）"),
            ("the server answered with status 500", "服务器返回状态 500"), ("what nobody knows", "what nobody knows"),
            ("", ""),
        ])
    func clause(english: String, chinese: String) {
        #expect(Catalogue.clause(english, .chinese) == chinese)
        #expect(Catalogue.clause(english, .english) == english)
    }

    @Test("Every clause is known again by its own text, and by no clause before it")
    func order() {
        for (index, entry) in Catalogue.clauses.enumerated() {
            let text = Catalogue.fill(entry.english) { "<\($0)>" }
            let first = Catalogue.clauses.firstIndex { Catalogue.values(in: text, of: $0.english) != nil }
            #expect(first == index, "\(text)")
        }
    }

    @Test("A sentence in Chinese has no English clause or word in it")
    func sentences() {
        let took = Catalogue.sentence("event.tookOver", ["node": "n1", "epoch": "1.3", "cause": "founded"], .chinese)
        #expect(took == "n1 成为主节点（纪元 1.3）：集群创建。")
        let gave = Catalogue.sentence(
            "event.gaveUp", ["node": "n1", "epoch": "1.3", "reason": "replaced by n2"], .chinese)
        #expect(gave == "n1 放弃主节点身份（纪元 1.3）：已被 n2 取代。")
        let role = Catalogue.sentence("event.nodeAccepted", ["other": "n2", "role": "voter"], .chinese)
        #expect(role == "已接受 n2，角色为投票节点。")
        let english = Catalogue.sentence("event.nodeAccepted", ["other": "n2", "role": "voter"], .english)
        #expect(english == "n2 was accepted as voter.")
    }
}
