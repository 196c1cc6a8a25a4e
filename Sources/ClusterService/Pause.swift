import Primitives

/// Waiting between the rounds of a loop.
enum Pause {
    /// - Returns: false when the task was cancelled meanwhile.
    static func survived(_ span: Span) async -> Bool {
        do {
            try await Task.sleep(for: .nanoseconds(span.nanoseconds))
            return true
        } catch {
            return false
        }
    }

    /// Until the task is cancelled.
    static func forever() async {
        while await survived(.seconds(3_600)) {}
    }
}
