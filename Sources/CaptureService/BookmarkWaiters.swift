import CaptureProtocol
import NIOCore
import Primitives
import StreamProtocol

/// Those who asked for a bookmark and wait until it is durable here.
struct BookmarkWaiters {
    struct Waiter {
        let text: String
        /// The bookmark comes behind this.
        let after: StreamMark
        let promise: EventLoopPromise<JournalPoint>
        let deadline: Instant
    }

    static let patience = Span.seconds(10)

    private(set) var waiters: [Waiter] = []

    mutating func add(_ waiter: Waiter) { waiters.append(waiter) }

    /// A bookmark with this text is durable.
    mutating func found(_ point: JournalPoint, text: String) {
        let mark = StreamMark(generation: point.generation, sequence: point.sequence)
        for waiter in take(where: { $0.text == text && $0.after < mark }) { waiter.promise.succeed(point) }
    }

    mutating func expire(at now: Instant) {
        for waiter in take(where: { $0.deadline <= now }) {
            waiter.promise.fail(CaptureRefusal(.sourceAway, "the source set no bookmark in time"))
        }
    }

    mutating func fail(_ refusal: CaptureRefusal) {
        for waiter in take(where: { _ in true }) { waiter.promise.fail(refusal) }
    }

    private mutating func take(where isMeant: (Waiter) -> Bool) -> [Waiter] {
        let taken = waiters.filter(isMeant)
        waiters.removeAll(where: isMeant)
        return taken
    }
}
