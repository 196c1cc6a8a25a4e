/// The languages that every sentence for people exists in.
public enum Language: String, Codable, Sendable, CaseIterable {
    case english = "en"
    case chinese = "zh"

    /// The language of a locale's name, as `zh_CN.UTF-8`; English for every other one.
    public init(locale: String) {
        self = locale.lowercased().hasPrefix("zh") ? .chinese : .english
    }
}
