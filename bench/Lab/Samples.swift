import Foundation

/// Figures of repeated runs.
struct Samples {
    private(set) var values: [Double] = []

    mutating func add(_ value: Double) { values.append(value) }

    var median: Double { values.sorted()[values.count / 2] }

    /// From the least to the greatest, in parts of the median.
    var spread: String {
        let width = ((values.max() ?? 0) - (values.min() ?? 0)) / median
        return String(format: "±%.0f %%", width * 50)
    }

    /// For people: the median, its spread and the count.
    var text: String { "\(medianText) \(spread), \(values.count) runs" }
    var medianText: String { String(format: median < 100 ? "%.2f" : "%.0f", median) }
}
