import Texts

extension Figures {
    static func percent(_ value: Double) -> String { "\(Int(value.rounded())) %" }

    /// Whole from 10 on, else with one digit.
    static func milliseconds(_ value: Double) -> String {
        value.magnitude >= 9.95 ? "\(Int(value.rounded())) ms" : "\(decimal(value)) ms"
    }
}
