import ProbeProtocol
import Testing

@Suite("SNTP")
struct TimeExchangeTests {
    private let exchange = TimeExchange(nonce: 0x0102_0304_0506_0708)
    private static let second: Int64 = 1_000_000_000

    /// A server's answer: received and sent at these timestamps.
    private func answer(
        first: UInt8 = 0b00_100_100, stratum: UInt8 = 2, reference: String = "GPS\0", received: UInt64, sent: UInt64
    ) -> [UInt8] {
        func bytes(_ number: UInt64) -> [UInt8] { (0..<8).map { UInt8(truncatingIfNeeded: number >> (56 - $0 * 8)) } }
        return [first, stratum, 6, 0xEC] + [UInt8](repeating: 0, count: 8) + Array(reference.utf8)
            + bytes(received) + [1, 2, 3, 4, 5, 6, 7, 8] + bytes(received) + bytes(sent)
    }

    @Test("A request is 48 bytes: version 4, client, the nonce where the time of sending would be")
    func request() {
        #expect(exchange.request == [0x23] + [UInt8](repeating: 0, count: 39) + [1, 2, 3, 4, 5, 6, 7, 8])
    }

    @Test("Dates of RFC 5905 figure 4")
    func epochs() {
        #expect(TimeExchange.timestamp(0) >> 32 == 2_208_988_800)
        // 31 December 1999, and 8 February 2036, the first day of era 1.
        #expect(TimeExchange.timestamp(946_598_400 * Self.second) >> 32 == 3_155_587_200)
        #expect(TimeExchange.timestamp(2_085_978_496 * Self.second) == 0)
        #expect(TimeExchange.timestamp(500_000_000) & 0xFFFF_FFFF == 0x8000_0000)
        #expect(TimeExchange.timestamp(-500_000_000) == UInt64(2_208_988_799) << 32 | 0x8000_0000)
    }

    @Test("Offset and delay by the four times (RFC 5905 section 8)")
    func offset() throws {
        // Sent at 100.0, received by the server at 90.1, answered at 90.2, back at 100.5 of this clock.
        let base = Int64(1_800_000_000) * Self.second
        func server(_ milliseconds: Int64) -> UInt64 { TimeExchange.timestamp(base + milliseconds * 1_000_000) }
        let reading = try exchange.read(
            answer(received: server(90_100), sent: server(90_200)), sentAt: base + 100 * Self.second,
            receivedAt: base + 100_500_000_000)
        // ((100 - 90.1) + (100.5 - 90.2)) / 2 and (100.5 - 100) - (90.2 - 90.1)
        #expect(abs(reading.offsetNanoseconds - 10_100_000_000) < 1_000)
        #expect(abs(reading.delayNanoseconds - 400_000_000) < 1_000)
        #expect(reading.stratum == 2)
    }

    @Test("Across the end of the era in 2036")
    func era() throws {
        let turn = Int64(2_085_978_496) * Self.second
        let server = TimeExchange.timestamp(turn + Self.second)
        let reading = try exchange.read(
            answer(received: server, sent: server), sentAt: turn - Self.second, receivedAt: turn - Self.second)
        #expect(abs(reading.offsetNanoseconds + 2 * Self.second) < 1_000)
    }

    @Test("What is not the answer is waited out")
    func others() {
        let time = TimeExchange.timestamp(1_800_000_000 * Self.second)
        var forged = answer(received: time, sent: time)
        forged[31] ^= 1
        let wrong = [
            [], Array(answer(received: time, sent: time).dropLast()), forged,
            answer(first: 0b00_100_011, received: time, sent: time),
            answer(first: 0b00_000_100, received: time, sent: time),
        ]
        for bytes in wrong {
            #expect(throws: TimeRefusal.notTheAnswer) { try exchange.read(bytes, sentAt: 0, receivedAt: 0) }
        }
    }

    @Test("A server that has no time says so")
    func refusals() {
        let time = TimeExchange.timestamp(1_800_000_000 * Self.second)
        func read(_ bytes: [UInt8]) -> TimeRefusal? {
            do throws(TimeRefusal) {
                _ = try exchange.read(bytes, sentAt: 0, receivedAt: 0)
                return nil
            } catch {
                return error
            }
        }
        #expect(read(answer(stratum: 0, reference: "RATE", received: time, sent: time)) == .kissOfDeath("RATE"))
        #expect(read(answer(stratum: 0, reference: "\r\n\0A", received: time, sent: time)) == .kissOfDeath("A"))
        #expect(
            read(answer(first: 0b11_100_100, received: time, sent: time)) == .unsynchronized(stratum: 2, leap: 3))
        #expect(read(answer(stratum: 16, received: time, sent: time)) == .unsynchronized(stratum: 16, leap: 0))
        #expect(read(answer(received: time, sent: 0)) == .unsynchronized(stratum: 2, leap: 0))
    }

    @Test("The lab's own answers are good ones")
    func ownAnswers() throws {
        let base = Int64(1_800_000_000) * Self.second
        let bytes = try #require(TimeAnswer.to(exchange.request, receivedAt: base, sentAt: base))
        let reading = try exchange.read(bytes, sentAt: base, receivedAt: base)
        #expect(abs(reading.offsetNanoseconds) < 1_000 && reading.stratum == 1)
        #expect(TimeAnswer.to(bytes, receivedAt: base, sentAt: base) == nil)
    }
}

@Suite("DNS")
struct NameExchangeTests {
    private let exchange = NameExchange(id: 0xABCD)

    @Test("A query for the servers of the root")
    func request() {
        #expect(
            exchange.request == [0xAB, 0xCD, 0x01, 0x00, 0, 1, 0, 0, 0, 0, 0, 0, 0x00, 0x00, 0x02, 0x00, 0x01])
    }

    @Test("An answer is known by its number and its direction")
    func answers() {
        #expect(exchange.responseCode([0xAB, 0xCD, 0x81, 0x80, 0, 1, 0, 0, 0, 0, 0, 0]) == 0)
        #expect(exchange.responseCode([0xAB, 0xCD, 0x81, 0x85, 0, 1, 0, 0, 0, 0, 0, 0]) == 5)
        #expect(exchange.responseCode([0xAB, 0xCE, 0x81, 0x80, 0, 1, 0, 0, 0, 0, 0, 0]) == nil)
        #expect(exchange.responseCode(exchange.request) == nil)
        #expect(exchange.responseCode([0xAB, 0xCD, 0x81]) == nil)
        #expect(NameExchange.name(ofCode: 5) == "REFUSED")
    }
}
