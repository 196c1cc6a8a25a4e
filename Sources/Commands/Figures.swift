import Texts

extension Figures {
    static func milliseconds(_ value: Double) -> String { "\(decimal(value)) ms" }
    static func percent(_ value: Double) -> String { "\(decimal(value)) %" }

    /// `90s`, `30m`, `24h`, `7d` in seconds; a bare number is seconds.
    static func seconds(_ text: String) -> Int? {
        let units: [Character: Int] = ["s": 1, "m": 60, "h": 3_600, "d": 86_400]
        guard let last = text.last else { return nil }
        let factor = units[last]
        guard let number = Int(factor == nil ? text : String(text.dropLast())), number > 0 else { return nil }
        let (product, overflow) = number.multipliedReportingOverflow(by: factor ?? 1)
        return overflow ? nil : product
    }
}
