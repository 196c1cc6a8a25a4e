import Texts

extension Figures {
    static func milliseconds(_ value: Double) -> String { "\(decimal(value)) ms" }
    static func percent(_ value: Double) -> String { "\(decimal(value)) %" }
}
