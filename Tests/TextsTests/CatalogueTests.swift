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
        #expect(Catalogue.fill("a {b} {c", ["b": "{c}"]) == "a {c} {c")
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
