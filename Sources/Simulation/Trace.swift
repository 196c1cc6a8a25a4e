import MastershipCore
import Primitives

/// Short texts for traces: the node's last digit, no session, no timings that nobody chose.
extension MastershipCore.Event {
    var text: String {
        switch self {
        case .observed(let observation): "sees \(observation.text)"
        case .writeRefused(let id, let current): "write \(id) refused: \(current.text)"
        case .writeSucceeded(let id, let revision): "write \(id) done at \(revision)"
        case .writeUnknown(let id): "write \(id) unanswered"
        case .writeRejected(let id): "write \(id) rejected: the store is full"
        case .timingChosen(let timing): "uses take \(timing.take)"
        case .handOverRequested(let successor): "hands over to \(successor?.description.suffix(1) ?? "anyone")"
        case .started, .observeFailed, .standingChanged, .vacated, .wake: "\(self)"
        }
    }
}

extension MastershipCore.Report {
    var text: String {
        switch self {
        case .contending(let lapse): "contends over \(lapse.previous?.text ?? "nothing"), news at \(lapse.newsAt.text)"
        case .tookOver(let epoch): "took over, epoch \(epoch)"
        case .lost(let epoch, let reason): "lost epoch \(epoch): \(reason)"
        case .released(let epoch, _): "released epoch \(epoch)"
        case .storeWentBackwards(let seen, let highest): "store went backwards: \(seen) after \(highest)"
        }
    }
}

extension Observation {
    var text: String {
        "revision \(revision) gate \(gate.map(\.description) ?? "?") \(record?.text ?? "without a record")"
    }
}

extension MasterRecord {
    var text: String {
        "of n\(node.text.suffix(1)) epoch \(generation).\(takeoverRevision) sequence \(sequence) take \(timing.take.milliseconds) ms"
    }
}
