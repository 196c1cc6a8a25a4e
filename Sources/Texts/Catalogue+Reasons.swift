extension Catalogue {
    /// Clauses about a field, within `error.invalidValue`.
    static let reasons: [Entry] = [
        Entry("reason.range", "must be {low} to {high}, not {value}", "必须在 {low} 到 {high} 之间，而不是 {value}"),
        Entry(
            "reason.name", "must be 1 to 64 letters, digits, '.', '-' or '_'",
            "必须由 1 到 64 个字母、数字、“.”、“-”或“_”组成"),
        Entry("reason.kind", "must be {wanted}, not {found}", "必须是{wanted}，而不是{found}"),
        Entry("reason.oneOf", "must be one of {names}, not '{value}'", "必须是 {names} 之一，而不是“{value}”"),
        Entry("reason.wholeNumber", "must be a whole number within range, not {value}", "必须是范围内的整数，而不是 {value}"),
        Entry(
            "reason.hardware", "must be four texts of 64 hexadecimal digits, or empty ones",
            "必须是四段文本，每段为 64 位十六进制数字或为空"),
        Entry("kind.null", "null", "null"),
        Entry("kind.boolean", "a boolean", "布尔值"),
        Entry("kind.truth", "true or false", "true 或 false"),
        Entry("kind.number", "a number", "数字"),
        Entry("kind.wholeNumber", "a whole number", "整数"),
        Entry("kind.text", "a text", "文本"),
        Entry("kind.list", "a list", "列表"),
        Entry("kind.object", "an object", "对象"),
    ]
}
