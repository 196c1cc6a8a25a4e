/// Why a time server's answer is not taken.
public enum TimeRefusal: Error, Equatable, Sendable {
    /// Not an answer to this question: another one's, or no NTP; wait for the right one.
    case notTheAnswer
    /// The server asks to be left alone, in four letters, as RATE or DENY (RFC 5905 section 7.4).
    case kissOfDeath(String)
    /// The server says that its own clock is not set.
    case unsynchronized(stratum: Int, leap: Int)
}

/// What a time server said.
public struct TimeReading: Equatable, Sendable {
    /// This machine's clock minus the server's, nanoseconds.
    public let offsetNanoseconds: Int64
    /// There and back without the server's own time, nanoseconds.
    public let delayNanoseconds: Int64
    /// 1 to 15.
    public let stratum: Int
}

/// One question to a time server by SNTP (RFC 4330, RFC 5905 section 14) and the judgement of its answer.
public struct TimeExchange: Sendable {
    public static let port = 123
    static let size = 48

    /// Stands in the request for the time of sending, which is nobody's business; the answer must repeat it (RFC 9769).
    let nonce: UInt64

    /// - Parameter nonce: random, so that an answer cannot be forged blindly.
    public init(nonce: UInt64) { self.nonce = nonce }

    /// Version 4, mode 3 (client).
    public var request: [UInt8] {
        [0b00_100_011] + [UInt8](repeating: 0, count: 39) + Self.bytes(nonce)
    }

    /// - Parameters: nanoseconds since 1970 of this machine's clock.
    public func read(
        _ answer: [UInt8], sentAt: Int64, receivedAt: Int64
    ) throws(TimeRefusal) -> TimeReading {
        // Mode 4 is a server's; versions 1 to 4 have the same first 48 bytes.
        guard answer.count >= Self.size, answer[0] & 7 == 4, (1...4).contains(answer[0] >> 3 & 7),
            Self.number(answer, at: 24) == nonce
        else { throw .notTheAnswer }
        let (leap, stratum) = (Int(answer[0] >> 6), Int(answer[1]))
        if stratum == 0 { throw .kissOfDeath(Self.letters(answer[12..<16])) }
        let (received, sent) = (Self.number(answer, at: 32), Self.number(answer, at: 40))
        guard leap != 3, stratum <= 15, received != 0, sent != 0 else {
            throw .unsynchronized(stratum: stratum, leap: leap)
        }
        // RFC 5905 section 8, with the sign turned: offset = ((T1 - T2) + (T4 - T3)) / 2.
        let (start, end) = (Self.timestamp(sentAt), Self.timestamp(receivedAt))
        let offset = (Self.seconds(start, minus: received) + Self.seconds(end, minus: sent)) / 2
        let delay = Self.seconds(end, minus: start) - Self.seconds(sent, minus: received)
        return TimeReading(
            offsetNanoseconds: Int64((offset * 1e9).rounded()), delayNanoseconds: Int64((delay * 1e9).rounded()),
            stratum: stratum)
    }

    /// Seconds from 1900-01-01 to 1970-01-01 (RFC 5905 figure 4).
    static let epoch: Int64 = 2_208_988_800

    /// 32 bits of seconds and 32 of their fraction; the era is left out (RFC 5905 section 6).
    public static func timestamp(_ nanosecondsSince1970: Int64) -> UInt64 {
        let (quotient, remainder) = nanosecondsSince1970.quotientAndRemainder(dividingBy: 1_000_000_000)
        let seconds = remainder < 0 ? quotient - 1 : quotient
        let nanoseconds = UInt64(remainder < 0 ? remainder + 1_000_000_000 : remainder)
        return UInt64(UInt32(truncatingIfNeeded: seconds + epoch)) << 32 | (nanoseconds << 32) / 1_000_000_000
    }

    /// Right across eras while the two are less than 68 years apart.
    private static func seconds(_ left: UInt64, minus right: UInt64) -> Double {
        Double(Int64(bitPattern: left &- right)) / 4_294_967_296
    }

    static func bytes(_ number: UInt64) -> [UInt8] {
        (0..<8).map { UInt8(truncatingIfNeeded: number >> UInt64(56 - $0 * 8)) }
    }

    private static func number(_ bytes: [UInt8], at index: Int) -> UInt64 {
        bytes[index..<index + 8].reduce(0) { $0 << 8 | UInt64($1) }
    }

    /// What is not a letter or digit is left out: it goes into a sentence.
    private static func letters(_ bytes: ArraySlice<UInt8>) -> String {
        String(decoding: bytes.filter { (48...57).contains($0) || (65...90).contains($0) }, as: UTF8.self)
    }
}

/// The other side, for machines without a time server: answers with its own clock.
public enum TimeAnswer {
    /// - Returns: nil when this is no client's request.
    public static func to(_ request: [UInt8], stratum: UInt8 = 1, receivedAt: Int64, sentAt: Int64) -> [UInt8]? {
        guard request.count >= TimeExchange.size, request[0] & 7 == 3 else { return nil }
        let version = request[0] >> 3 & 7
        let head: [UInt8] = [version << 3 | 4, stratum, request[2], 0xEC]
        let received = TimeExchange.bytes(TimeExchange.timestamp(receivedAt))
        let sent = TimeExchange.bytes(TimeExchange.timestamp(sentAt))
        // Root delay and dispersion of nothing, LOCL as the reference, set at the moment of reception.
        return head + [UInt8](repeating: 0, count: 8) + Array("LOCL".utf8) + received + request[40..<48] + received
            + sent
    }
}
