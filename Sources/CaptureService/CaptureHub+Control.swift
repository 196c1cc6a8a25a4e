import CaptureProtocol
import NIOCore
import StreamProtocol

extension CaptureHub {
    /// - Returns: fails with a `CaptureRefusal`.
    func answer(_ request: CaptureRequest) -> EventLoopFuture<CaptureAnswer> {
        do throws(CaptureRefusal) { return try answering(request) } catch {
            return surroundings.loop.makeFailedFuture(error)
        }
    }

    private func answering(_ request: CaptureRequest) throws(CaptureRefusal) -> EventLoopFuture<CaptureAnswer> {
        let loop = surroundings.loop
        switch request {
        case .assign(let assignments):
            try assign(assignments)
            return loop.makeSucceededFuture(.done)
        case .status:
            let all = streams.values.sorted { $0.machine.description < $1.machine.description }.map { $0.status() }
            return EventLoopFuture.whenAllSucceed(all, on: loop).map { .status($0) }
        case .points(let machine, let before, let limit):
            return try stream(machine).points(before: before, limit: limit).map { .points($0) }
        case .bookmark(let machine, let text): return try stream(machine).bookmark(text).map { .points([$0]) }
        case .release(let machine, let generation, let sequence):
            return try stream(machine).release(generation, sequence).map { .points([$0]) }
        case .export(let machine, let choice, let isWritable):
            let journal = try stream(machine).requireJournal()
            return exports.open(machine, choice, isWritable: isWritable, in: journal).map { .exports([$0]) }
        case .exports: return loop.makeSucceededFuture(.exports(exports.places))
        case .withdraw(let name): return exports.withdraw(name).map { .done }
        case .verify(let machine):
            try stream(machine).verify()
            return loop.makeSucceededFuture(.done)
        case .verification(let machine):
            let none = VerificationProgress(checkedBytes: 0, totalBytes: 0, isRunning: false, findings: [])
            return loop.makeSucceededFuture(.verification(try stream(machine).verification ?? none))
        case .forget(let machine): return try forget(machine).map { .done }
        }
    }

    private func forget(_ machine: MachineID) throws(CaptureRefusal) -> EventLoopFuture<Void> {
        guard !isAssigned(machine) else {
            throw CaptureRefusal(.busy, "machine \(machine) is assigned to this node")
        }
        let stream = try stream(machine)
        let bound = NIOLoopBound(self, eventLoop: surroundings.loop)
        return stream.forget().map { bound.value.drop(machine) }
    }
}
