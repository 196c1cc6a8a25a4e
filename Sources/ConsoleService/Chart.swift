import APIProtocol

/// A small chart of one figure over time, and the same as a table: an SVG that needs no script.
enum Chart {
    /// Rows of the table; more would be read by nobody.
    private static let mostRows = 30

    /// - Parameters:
    ///   - values: nil for a gap.
    ///   - top: the value at the upper edge; nil: the greatest one.
    ///   - text: a value for people.
    static func fields(
        title: String, _ values: [Double?], from: Timestamp, step: Int, top: Double?, text: (Double) -> String
    ) -> Fields {
        let greatest = max(top ?? values.compactMap(\.self).max() ?? 1, 0.000_001)
        let stride = max(1, values.count / mostRows)
        let rows = values.enumerated().filter { $0.offset % stride == 0 && $0.element != nil }.map { index, value in
            [
                "iso": Timestamp(milliseconds: from.milliseconds + Int64(index * step) * 1_000).description,
                "value": text(value ?? 0),
            ]
        }
        return [
            "title": title, "now": values.last.flatMap(\.self).map(text) ?? "–", "picture": picture(values, greatest),
            "rows": Array(rows.reversed()),
        ]
    }

    private static func picture(_ values: [Double?], _ top: Double) -> String {
        var (line, isDrawing) = ("", false)
        for (index, value) in values.enumerated() {
            guard let value else {
                isDrawing = false
                continue
            }
            let (x, y) = (index, 100 - Int((min(value / top, 1) * 98).rounded()))
            // A point on its own would not be seen.
            line += isDrawing ? "L\(x) \(y)" : "M\(x) \(y)h0.5"
            isDrawing = true
        }
        let width = max(values.count - 1, 1)
        return "<svg class=\"chart\" viewBox=\"0 0 \(width) 100\" preserveAspectRatio=\"none\" aria-hidden=\"true\">"
            + "<path d=\"\(line)\"/></svg>"
    }
}
