/// Names of the time zone database, as `Europe/Zurich`.
public enum TimeZoneName {
    /// Whether the text has the form of such a name (tzdb, "theory.html": components of letters, digits, `.`, `-`, `_`,
    /// `+`, at most 14 bytes each in new names; old ones are longer). Whether there is such a zone is the system's word.
    public static func isWellFormed(_ text: String) -> Bool {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        return (1...64).contains(text.utf8.count) && parts.count <= 3
            && parts.allSatisfy { part in
                !part.isEmpty && part != "." && part != ".." && part.first != "-"
                    && part.utf8.allSatisfy {
                        (48...57).contains($0) || (65...90).contains($0) || (97...122).contains($0)
                            || "._-+".utf8.contains($0)
                    }
            }
    }
}
