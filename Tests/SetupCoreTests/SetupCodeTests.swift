import Primitives
import SetupCore
import Testing

@Suite("Setup code")
struct SetupCodeTests {
    private var random = SeededRandom(seed: 7)

    @Test("Eight symbols without lookalikes")
    mutating func form() throws {
        for _ in 0..<200 {
            let text = SetupCode(random: &random).description
            #expect(text.utf8.count == 9 && Array(text)[4] == "-")
            #expect(!text.contains { "ILOU".contains($0) })
            #expect(SetupCode(text)?.description == text)
        }
    }

    @Test(
        "Read in every way that people type it",
        arguments: ["7K2M-0194", "7k2m-0194", "7K2M0194", " 7k2m 0194 ", "7K2M-OI94", "7k2m-ol94"])
    func read(text: String) { #expect(SetupCode(text)?.description == "7K2M-0194") }

    @Test(
        "What is no code", arguments: ["", "7K2M-019", "7K2M-01944", "7K2M-019U", "7K2M_0194", "七K2M-0194"])
    func refused(text: String) { #expect(SetupCode(text) == nil) }

    @Test("Ten wrong tries make a new code; a right one gives the tries back")
    mutating func tries() throws {
        var lock = SetupCodeLock(random: &random)
        let first = lock.code
        for left in (1...9).reversed() {
            #expect(lock.enter("0000-0000", random: &random) == .wrong(triesLeft: left))
        }
        #expect(lock.enter(first.description.lowercased(), random: &random) == .right)
        for left in (1...9).reversed() {
            #expect(lock.enter("no code", random: &random) == .wrong(triesLeft: left))
        }
        #expect(lock.code == first)
        #expect(lock.enter("", random: &random) == .renewed)
        #expect(lock.code != first && lock.triesLeft == SetupCodeLock.tries)
        #expect(lock.enter(first.description, random: &random) == .wrong(triesLeft: 9))
    }
}
