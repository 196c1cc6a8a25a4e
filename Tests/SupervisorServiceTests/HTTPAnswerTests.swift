import Testing

@testable import SupervisorService

@Suite struct HTTPAnswerTests {
    private func parse(_ text: String, isClosed: Bool = false) -> HTTPAnswer? {
        HTTPAnswer.parse(Array(text.utf8), isClosed: isClosed)
    }

    @Test func waitsForTheWholeBody() {
        let head = "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 4\r\n\r\n"
        #expect(parse(head + "abc") == nil)
        #expect(parse(head + "abcd") == HTTPAnswer(status: 503, body: "abcd"))
        #expect(parse(head + "abc", isClosed: true) == HTTPAnswer(status: 503, body: "abc"))
    }

    @Test func waitsForTheEndWithoutALength() {
        #expect(parse("HTTP/1.1 200 OK\r\n\r\nabc") == nil)
        #expect(parse("HTTP/1.1 200 OK\r\n\r\nabc", isClosed: true) == HTTPAnswer(status: 200, body: "abc"))
        #expect(parse("HTTP/1.1 200 OK\r\n") == nil)
    }

    @Test func takesOtherTextForStatusZero() {
        #expect(parse("hello\r\n\r\n")?.status == 0)
        #expect(parse("HTTP/1.1 fine\r\n\r\n")?.status == 0)
    }
}
