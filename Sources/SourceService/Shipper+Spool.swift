import Linux
import Logging
import NIOCore
import NIOPosix
import ReplicationCore
import StreamProtocol
import TapCore

/// The spool as the shipper sees it.
struct Spool {
    let file: SpoolFile?
    var space: RingSpace
    /// Frames that the core wants there.
    var waiting: [UInt64] = []
    /// Grows when everything is given up: what was under way then does not count.
    private(set) var life = 0
    var isWriting = false

    init(file: SpoolFile?) {
        self.file = file
        space = RingSpace(capacity: file?.capacity ?? 1)
    }

    mutating func discard() {
        waiting = []
        life += 1
        isWriting = false
        space = RingSpace(capacity: space.capacity)
    }
}

extension Shipper {
    private static let batch = 8 << 20

    /// Writes frames that wait, several with one flush.
    func startSpooling() {
        guard let file = spool.file, !spool.isWriting, !spool.waiting.isEmpty else { return }
        var pieces: [SpoolFile.Piece] = []
        var places: [FrameShelf.Place] = []
        var bytes = 0
        while bytes < Self.batch, let last = spool.waiting.first {
            guard let entry = shelf[last], case .ring(let offset, _) = entry.place else {
                spool.waiting.removeFirst()
                continue
            }
            // No room before older frames are freed: it waits for the next step.
            guard entry.length <= spool.space.capacity, let place = spool.space.reserve(entry.length) else { break }
            spool.waiting.removeFirst()
            places.append(.spool(offset: place, mark: spool.space.commit(entry.length)))
            pieces.append(
                SpoolFile.Piece(
                    last: last, bytes: UnsafeRawBufferPointer(start: ring.base + offset, count: entry.length),
                    offset: place))
            bytes += entry.length
        }
        guard !pieces.isEmpty else { return }
        spool.isWriting = true
        let life = spool.life
        let batch = pieces
        let targets = places
        pool.runIfActive(eventLoop: loop) { try file.write(batch) }.whenComplete { result in
            guard life == self.spool.life else { return }
            self.spool.isWriting = false
            switch result {
            case .success: self.spooled(batch, targets)
            case .failure(let error):
                self.trouble("\(error)")
                self.spool.discard()
                self.step(.spoolFailed)
            }
        }
    }

    private func spooled(_ pieces: [SpoolFile.Piece], _ places: [FrameShelf.Place]) {
        for (piece, place) in zip(pieces, places) {
            // It may have been freed meanwhile; its place in the spool goes with those behind it.
            guard let entry = shelf[piece.last], case .ring(_, let mark) = entry.place else { continue }
            _ = shelf.move(piece.last, to: place)
            ring.release(mark)
        }
        for piece in pieces { step(.spooled(piece.last)) }
    }
}
