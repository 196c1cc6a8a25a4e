import Linux
import Logging
import NIOCore
import ReplicationCore
import StreamProtocol
import TapCore

/// What the taps tell. Called on their loop.
extension Shipper: TapSink {
    func overflowed(_ count: Int) { loop.execute { self.noteOverflow(count) } }

    func copied(bytes: UInt64, remaining: UInt64) {
        loop.execute {
            // Frames that were filled before come first.
            self.framesCame()
            self.step(.copied(bytes: bytes, remaining: remaining))
        }
    }

    func copyEnded(at sequence: UInt64) { loop.execute { self.step(.copyEnded(at: sequence)) } }

    func volumeChanged(_ volume: VolumeNumber, _ change: VolumeChange) {
        loop.execute { self.step(.volumeChanged(volume, change, isNew: false)) }
    }

    func compare(_ range: ComparedRange, connection: Int) {
        loop.execute {
            guard let link = self.link, link.number == connection else { return }
            self.lastQuestion += 1
            self.questions[self.lastQuestion] = range.tag
            let length = CompareRequest.blockLength
            let hashes = stride(from: 0, to: range.memory.count, by: length).map { start in
                let end = min(start + length, range.memory.count)
                return BlockHash(of: UnsafeRawBufferPointer(rebasing: range.memory[start..<end]))
            }
            link.send(
                .compare(
                    CompareRequest(
                        number: self.lastQuestion, volume: range.volume, address: range.offset / 512, hashes: hashes)))
        }
    }

    func marksFailed(_ error: SystemError) {
        loop.execute {
            self.trouble("\(error); after a crash everything will be compared")
            self.distrustsMarks = true
            self.persist {}
        }
    }

    func failed(_ sentence: String) { loop.execute { self.trouble(sentence) } }
}
