import BlockIO
import Glibc
import JournalStore
import Logging
import NIOCore
import ReplicationCore
import StreamProtocol

/// Reads blocks of a machine's newest state and says which of them have other hashes than the source's. Lives on the
/// journal's loop while it reads.
private final class Comparison: BlockClient, @unchecked Sendable {
    // @unchecked: on one thread at a time: the journal's loop, then a worker.

    /// Bytes of one read.
    private static let piece = 1 << 20

    private let request: CompareRequest
    private let device: PointDevice
    private let memory: UnsafeMutableRawBufferPointer
    private let length: Int
    private var remaining = 0
    private var errno: Int32 = 0
    private let completion: @Sendable (Comparison) -> Void
    /// Itself while reads are under way.
    private var own: Comparison?

    /// - Throws: `CaptureServiceError` when it asks for what is outside of the volume.
    init(
        _ request: CompareRequest, _ device: PointDevice, _ completion: @escaping @Sendable (Comparison) -> Void
    ) throws(CaptureServiceError) {
        self.request = request
        self.device = device
        self.completion = completion
        let start = request.address &* UInt64(StreamUnit.bytes)
        let asked = UInt64(request.hashes.count * CompareRequest.blockLength)
        let size = device.geometry.size
        guard start < size, size - start + UInt64(CompareRequest.blockLength) > asked else {
            throw CaptureServiceError("a comparison outside of volume \(request.volume.number)")
        }
        length = Int(min(asked, size - start))
        memory = .allocate(byteCount: Int(asked), alignment: 4_096)
    }

    deinit { memory.deallocate() }

    func begin() {
        own = self
        let start = request.address * UInt64(StreamUnit.bytes)
        let places = stride(from: 0, to: length, by: Self.piece)
        remaining = places.underestimatedCount
        for place in places {
            device.submit(
                BlockRequest(
                    .read, offset: start + UInt64(place), length: min(Self.piece, length - place),
                    memory: memory.baseAddress! + place, token: 0), for: self)
        }
        device.endTurn()
    }

    func completed(_ token: UInt64, errno: Int32) {
        if errno != 0 { self.errno = errno }
        remaining -= 1
        guard remaining == 0 else { return }
        device.close()
        own = nil
        completion(self)
    }

    /// A block that cannot be read differs: the source sends it.
    func answer() -> CompareAnswer {
        var different: [UInt16] = []
        for (number, hash) in request.hashes.enumerated() {
            let start = number * CompareRequest.blockLength
            let block = memory[start..<min(start + CompareRequest.blockLength, length)]
            if errno != 0 || BlockHash(of: UnsafeRawBufferPointer(rebasing: block)) != hash {
                different.append(UInt16(number))
            }
        }
        return CompareAnswer(number: request.number, different: different)
    }
}

extension MachineStream {
    /// Comparisons of one stream at one time; the source is not read while there are more.
    private static let mostComparisons = 4

    /// A comparison that waits until everything that was sent ahead of it is in the journal's index.
    struct WaitingComparison {
        let request: CompareRequest
        let connection: ReceiverCore.Connection
        let mark: StreamMark
    }

    func compare(_ request: CompareRequest, for number: ReceiverCore.Connection) {
        guard let open, speaker?.connection == number else { return }
        waitingComparisons.append(
            WaitingComparison(request: request, connection: number, mark: StreamMark(open.receiver.received)))
        if comparisons + waitingComparisons.count >= Self.mostComparisons { connections[number]?.pause(true) }
        beginComparisons()
    }

    func beginComparisons() {
        while let open, let next = waitingComparisons.first, next.mark <= StreamMark(open.receiver.durable) {
            waitingComparisons.removeFirst()
            comparisons += 1
            begin(next.request, for: next.connection, open)
        }
    }

    private func begin(_ request: CompareRequest, for number: ReceiverCore.Connection, _ open: OpenJournal) {
        let workers = surroundings.workers
        let ended = returning { [weak self] (result: Result<CompareAnswer, any Error>) in
            self?.compared(result, number)
        }
        open.journal.openHead(request.volume) { result in
            do {
                let device = try result.get()
                do {
                    try Comparison(request, device) { read in workers.run({ read.answer() }, ended) }.begin()
                } catch {
                    device.close()
                    throw error
                }
            } catch { ended(.failure(error)) }
        }
    }

    private func compared(_ result: Result<CompareAnswer, any Error>, _ number: ReceiverCore.Connection) {
        comparisons -= 1
        guard let connection = connections[number] else { return }
        if comparisons + waitingComparisons.count < Self.mostComparisons { connection.pause(false) }
        switch result {
        case .success(let answer): connection.send(.compared(answer))
        case .failure(let error): connection.end("a comparison is not possible: \(error)")
        }
    }
}
