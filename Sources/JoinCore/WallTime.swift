/// A moment on the wall clock, in whole seconds since 1970-01-01 00:00 UTC. Wall clocks of two machines differ and may
/// step: good for "valid for a day", never for deciding who is master.
public struct WallTime: Hashable, Comparable, Sendable {
    public let secondsSince1970: Int64

    public init(secondsSince1970: Int64) { self.secondsSince1970 = secondsSince1970 }

    public func adding(hours: Int64) -> WallTime { WallTime(secondsSince1970: secondsSince1970 + hours * 3_600) }
    public func adding(seconds: Int64) -> WallTime { WallTime(secondsSince1970: secondsSince1970 + seconds) }

    public static func < (left: WallTime, right: WallTime) -> Bool { left.secondsSince1970 < right.secondsSince1970 }
}

extension WallTime: Codable {
    public init(from decoder: any Decoder) throws {
        self.init(secondsSince1970: try decoder.singleValueContainer().decode(Int64.self))
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(secondsSince1970)
    }
}

extension WallTime: CustomStringConvertible {
    /// UTC, for example `2026-11-23 12:25:04 UTC` (civil-from-days, H. Hinnant).
    public var description: String {
        let days = secondsSince1970.flooringDivision(by: 86_400)
        let second = secondsSince1970 - days * 86_400
        let shifted = days + 719_468
        let era = shifted.flooringDivision(by: 146_097)
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        let time = [second / 3_600, second / 60 % 60, second % 60].map { $0.twoDigits }.joined(separator: ":")
        return "\(year)-\(month.twoDigits)-\(day.twoDigits) \(time) UTC"
    }
}

extension Int64 {
    fileprivate var twoDigits: String { self < 10 ? "0\(self)" : "\(self)" }

    fileprivate func flooringDivision(by divisor: Int64) -> Int64 {
        self >= 0 ? self / divisor : -((divisor - 1 - self) / divisor)
    }
}
