import Foundation

/// One promise of the product and what was measured: an element of build/bench/NAME.json.
public struct Goal: Codable, Sendable {
    /// What was measured, with its unit.
    public let what: String
    /// Keelson's figure; nil when it could not be measured.
    public let ours: Double?
    /// What it is compared with.
    public let against: String?
    /// The other's figure, from the same rig in the same run.
    public let theirs: Double?
    /// Ours divided by theirs.
    public let ratio: Double?
    /// The promise, in words.
    public let goal: String
    public let met: Bool

    public init(
        what: String, ours: Double?, against: String? = nil, theirs: Double? = nil, goal: String, met: Bool
    ) {
        self.what = what
        self.ours = ours
        self.against = against
        self.theirs = theirs
        if let ours, let theirs, theirs != 0 { ratio = ours / theirs } else { ratio = nil }
        self.goal = goal
        self.met = met
    }

    /// Every field appears, as null when there is nothing: readers need not guess.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(what, forKey: .what)
        try container.encode(ours, forKey: .ours)
        try container.encode(against, forKey: .against)
        try container.encode(theirs, forKey: .theirs)
        try container.encode(ratio, forKey: .ratio)
        try container.encode(goal, forKey: .goal)
        try container.encode(met, forKey: .met)
    }

    /// Writes the list whole, then renames it into place.
    /// - Throws: `LabError` when the file cannot be written.
    public static func write(_ goals: [Goal], to path: String) throws(LabError) {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        do {
            let folder = URL(fileURLWithPath: path).deletingLastPathComponent()
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            try encoder.encode(goals).write(to: URL(fileURLWithPath: path), options: .atomic)
        } catch {
            throw LabError("\(path) cannot be written: \(error)")
        }
    }

    /// A table of the goals, missed ones marked.
    public static func table(_ goals: [Goal]) -> [String] {
        func number(_ value: Double?) -> String { value.map { String(format: "%.3f", $0) } ?? "-" }
        var table = TextTable(["goal", "ours", "theirs", "ratio", "met"])
        for goal in goals {
            table.add([
                "\(goal.what): \(goal.goal)", number(goal.ours), number(goal.theirs), number(goal.ratio),
                goal.met ? "yes" : "NO",
            ])
        }
        return table.lines
    }
}
