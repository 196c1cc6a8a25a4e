import APIProtocol

/// Numbers for people.
enum Figures {
    static func percent(_ value: Double) -> String { "\(Int(value.rounded())) %" }

    /// Whole from 10 on, else with one digit.
    static func milliseconds(_ value: Double) -> String {
        value.magnitude >= 9.95 ? "\(Int(value.rounded())) ms" : "\((value * 10).rounded() / 10) ms"
    }

    static func bytes(_ count: UInt64) -> String { bytes(Double(count)) }

    static func bytes(_ count: Double) -> String {
        var (value, unit) = (count, 0)
        while value >= 1_024, unit < 5 { (value, unit) = (value / 1_024, unit + 1) }
        let digits = value >= 100 || unit == 0 ? "\(Int(value.rounded()))" : "\((value * 10).rounded() / 10)"
        return "\(digits) \(["B", "KiB", "MiB", "GiB", "TiB", "PiB"][unit])"
    }
}
