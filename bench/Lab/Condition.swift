import Primitives

/// The one place where the lab waits for the cluster to become something.
public enum Condition {
    /// Asks again every 20 ms until there is a value.
    ///
    /// An error of the question means "not yet": a daemon that starts refuses connections for a while. The last one
    /// is part of the sentence when the time is over.
    /// - Throws: `LabError` when the time is over.
    public static func wait<T>(
        for what: String, within limit: Span, _ question: () throws(LabError) -> T?
    ) throws(LabError) -> T {
        let start = LabClock.now()
        var obstacle = ""
        while true {
            do throws(LabError) {
                if let value = try question() { return value }
                obstacle = ""
            } catch {
                obstacle = " Last obstacle: \(error)"
            }
            guard LabClock.now() - start < limit else {
                throw LabError("Waited \(limit.seconds) s in vain for \(what).\(obstacle)")
            }
            LabClock.pass(.milliseconds(20))
        }
    }

    /// Asks again every 20 ms until the answer is yes.
    /// - Throws: `LabError` when the time is over.
    public static func hold(
        _ what: String, within limit: Span, _ question: () throws(LabError) -> Bool
    ) throws(LabError) {
        _ = try wait(for: what, within: limit) { () throws(LabError) in try question() ? true : nil }
    }
}
