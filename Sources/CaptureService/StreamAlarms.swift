/// What an operator must know about one machine's stream on this node, by codes of the catalogue.
struct StreamAlarms {
    enum Code: String, CaseIterable {
        /// The journal takes no more for lack of room.
        case journalFull
        /// The disk under the journal failed, or the journal cannot be opened.
        case journalFaulted
        /// Both nodes of the assignment hold generations that the other does not know.
        case splitBrain
        /// Something on the disk is damaged and not repaired.
        case damaged
    }

    private var raised: Set<Code> = []

    /// Sorted.
    var codes: [String] { Code.allCases.filter { raised.contains($0) }.map(\.rawValue) }

    mutating func set(_ code: Code, _ isRaised: Bool) {
        if isRaised { raised.insert(code) } else { raised.remove(code) }
    }
}
