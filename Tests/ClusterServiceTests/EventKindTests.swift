import Testing
import Texts

@testable import ClusterService

@Suite struct EventKindTests {
    @Test(arguments: EventKind.allCases)
    func everyEventHasItsSentenceInBothLanguages(kind: EventKind) {
        for language in [Language.english, .chinese] {
            #expect(Catalogue.template("event.\(kind.rawValue)", language) != nil)
        }
    }
}
