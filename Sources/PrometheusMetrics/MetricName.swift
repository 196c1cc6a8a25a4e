/// Names and labels as Prometheus' data model allows them.
public enum MetricName {
    /// Letters, digits, `_` and `:`, not beginning with a digit; everything else becomes `_`.
    public static func name(_ label: String, suffix: String = "") -> String {
        var name = String(label.unicodeScalars.map { isPlain($0) || $0 == ":" ? Character($0) : "_" })
        if name.first?.isNumber ?? true { name = "_" + name }
        return name.hasSuffix(suffix) ? name : name + suffix
    }

    /// `key="value",…` sorted by key, values escaped and cut to 128 characters; empty for no labels.
    public static func labels(_ dimensions: [(String, String)]) -> String {
        dimensions.sorted { ($0.0, $0.1) < ($1.0, $1.1) }.map { key, value in
            var plain = name(key)
            plain = String(plain.map { $0 == ":" ? "_" : $0 })
            return "\(plain)=\"\(escaped(value))\""
        }.joined(separator: ",")
    }

    private static func isPlain(_ scalar: Unicode.Scalar) -> Bool {
        ("a"..."z").contains(scalar) || ("A"..."Z").contains(scalar) || ("0"..."9").contains(scalar) || scalar == "_"
    }

    private static func escaped(_ value: String) -> String {
        value.prefix(128).reduce(into: "") { text, character in
            switch character {
            case "\\": text += "\\\\"
            case "\"": text += "\\\""
            case "\n": text += "\\n"
            default: text.append(character)
            }
        }
    }
}
