import Primitives
import Testing

@Suite struct SpanTests {
    @Test func printsMilliseconds() {
        #expect(Span.microseconds(1_234_005).description == "1234.005 ms")
        #expect(Span.microseconds(-5).description == "-0.005 ms")
    }

    @Test func theDistantFutureDoesNotOverflow() {
        #expect(Instant.distantFuture + .seconds(1) == .distantFuture)
    }

    @Test func oneSeedOneSequence() {
        var one = SeededRandom(seed: 7)
        var two = SeededRandom(seed: 7)
        #expect((0..<100).allSatisfy { _ in one.next() == two.next() })
        #expect(one.span(below: .zero) == .zero)
    }
}
