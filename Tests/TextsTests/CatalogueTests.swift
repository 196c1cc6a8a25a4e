import Testing

@testable import Texts

@Suite("Catalogue")
struct CatalogueTests {
    @Test("Every key is there once, in both languages, with the same placeholders")
    func complete() {
        #expect(Set(Catalogue.keys).count == Catalogue.keys.count)
        for key in Catalogue.keys {
            let english = Catalogue.template(key, .english) ?? ""
            let chinese = Catalogue.template(key, .chinese) ?? ""
            #expect(!english.isEmpty && !chinese.isEmpty, "\(key)")
            #expect(
                Catalogue.placeholders(of: english).sorted() == Catalogue.placeholders(of: chinese).sorted(), "\(key)")
        }
    }

    @Test("Sentences are filled; what is not given shows")
    func filled() {
        #expect(
            Catalogue.sentence("error.vipInUse", ["address": "10.0.0.1", "mac": "02:00"], .english)
                == "The virtual address 10.0.0.1 is in use: 02:00 answers for it.")
        #expect(Catalogue.sentence("error.vipInUse", ["address": "10.0.0.1"], .chinese)?.contains("?") == true)
        #expect(Catalogue.sentence("error.nothing", [:], .english) == nil)
        #expect(Catalogue.fill("a {b} {c", { ["b": "{c}"][$0] }) == "a {c} {c")
    }

    @Test("A clause is in the sentence's language, and a circle of clauses ends")
    func clauses() {
        let parameters = [
            "field": "uses", "reason": "?", "reason.key": "reason.range", "low": "1", "high": "9", "value": "0",
        ]
        #expect(
            Catalogue.sentence("error.invalidValue", parameters, .english) == "The field 'uses' must be 1 to 9, not 0.")
        #expect(
            Catalogue.sentence("error.invalidValue", parameters, .chinese)
                == "字段“uses”的值无效：必须在 1 到 9 之间，而不是 0。")
        #expect(Catalogue.sentence("error.malformed", ["reason.key": "error.malformed"], .english) != nil)
        let unknown = ["reason": "is odd", "reason.key": "reason.none", "field": "a"]
        #expect(Catalogue.sentence("error.invalidValue", unknown, .english) == "The field 'a' is odd.")
    }

    @Test(
        "The locale's name chooses the language",
        arguments: [
            ("zh_CN.UTF-8", Language.chinese), ("zh", .chinese), ("en_US", .english), ("C", .english), ("", .english),
        ])
    func locale(name: String, language: Language) {
        #expect(Language(locale: name) == language)
    }
}
