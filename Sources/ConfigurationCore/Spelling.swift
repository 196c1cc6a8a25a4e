/// Finds what a mistyped word was meant to be.
enum Spelling {
    /// The known word with the smallest edit distance (Levenshtein); the first of several equally near ones.
    /// - Precondition: at least one word is known.
    static func nearest(to word: String, among known: [String]) -> String {
        precondition(!known.isEmpty, "a section knows at least one key")
        var best = known[0]
        var distance = Int.max
        for candidate in known {
            let next = editDistance(Array(word.utf8), Array(candidate.utf8))
            if next < distance { (best, distance) = (candidate, next) }
        }
        return best
    }

    static func editDistance(_ left: [UInt8], _ right: [UInt8]) -> Int {
        var row = Array(0...right.count)
        for (i, byte) in left.enumerated() {
            var diagonal = row[0]
            row[0] = i + 1
            for (j, other) in right.enumerated() {
                let substituted = diagonal + (byte == other ? 0 : 1)
                diagonal = row[j + 1]
                row[j + 1] = min(substituted, row[j] + 1, row[j + 1] + 1)
            }
        }
        return row[right.count]
    }
}
