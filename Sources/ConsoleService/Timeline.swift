import APIProtocol
import CaptureProtocol
import Texts

/// The points of a machine as a picture, and the same as a table: an SVG that needs no script.
enum Timeline {
    /// Points that are asked for.
    static let count = 500
    /// Rows of the table; bookmarks stand in it always.
    private static let mostRows = 60
    private static let width = 1_000

    /// - Parameter points: newest first.
    static func fields(_ points: [MachinePoint], _ words: Words, machine: String, mayOpen: Bool) -> Fields {
        guard let newest = points.first?.at, let oldest = points.last?.at else { return [:] }
        let rows = points.enumerated().filter { $0.offset < mostRows || $0.element.kind == .bookmark }.map(\.element)
        return [
            "from": oldest.description, "to": newest.description,
            "picture": picture(points, from: oldest.milliseconds, to: newest.milliseconds),
            "count": words("machinePage.points", ["count": "\(points.count)"]),
            "rows": rows.map { point -> Fields in
                var row: Fields = [
                    "iso": point.at.description, "kind": words("pointKind.\(point.kind.rawValue)"),
                    "text": point.text ?? "",
                ]
                if mayOpen {
                    let place = "generation=\(point.generation)&sequence=\(point.sequence)"
                    row["path"] = "/machines/\(machine)/export?\(place)"
                    if point.kind == .bookmark { row["release"] = "/machines/\(machine)/release?\(place)" }
                }
                return row
            },
        ]
    }

    /// What falls on one place is drawn once; a bookmark goes before a cut goes before any other point.
    private static func picture(_ points: [MachinePoint], from: Int64, to: Int64) -> String {
        let span = max(1, Double(to - from))
        var marks = [MachinePoint.Mark?](repeating: nil, count: width + 1)
        for point in points {
            let x = Int((Double(point.at.milliseconds - from) / span * Double(width)).rounded())
            guard marks.indices.contains(x) else { continue }
            marks[x] = max(marks[x] ?? .barrier, point.mark)
        }
        let drawn = marks.enumerated().compactMap { x, mark -> String? in
            switch mark {
            case nil: nil
            case .barrier: "<rect class=\"p1\" x=\"\(x)\" y=\"26\" width=\"1\" height=\"8\"/>"
            case .cut: "<rect class=\"p3\" x=\"\(x)\" y=\"20\" width=\"2\" height=\"14\"/>"
            case .bookmark: "<path class=\"p2\" d=\"M\(x) 34V4l14 6-14 6\"/>"
            }
        }
        // Room at the right for the flag of a bookmark at the end.
        return
            "<svg class=\"timeline\" viewBox=\"0 0 \(width + 16) 40\" preserveAspectRatio=\"none\" aria-hidden=\"true\">"
            + "<rect class=\"axis\" x=\"0\" y=\"34\" width=\"\(width + 16)\" height=\"2\"/>\(drawn.joined())</svg>"
    }
}

extension MachinePoint {
    fileprivate enum Mark: Int, Comparable {
        case barrier, cut, bookmark

        static func < (left: Mark, right: Mark) -> Bool { left.rawValue < right.rawValue }
    }

    fileprivate var mark: Mark {
        switch kind {
        case .barrier: .barrier
        case .cut: .cut
        case .bookmark: .bookmark
        }
    }
}
