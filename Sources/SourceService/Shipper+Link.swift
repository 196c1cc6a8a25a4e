import CaptureProtocol
import Identity
import Linux
import Logging
import NIOCore
import NIOPosix
import NIOSSL
import ReplicationCore
import StreamProtocol
import TapCore

/// Connections, and what goes over them.
extension Shipper: LinkOwner {
    func address(_ place: Int) -> String? {
        guard let assignment else { return nil }
        return place == 0 ? assignment.receiver.address : assignment.second?.address
    }

    func connect(_ place: Int) {
        linkNumber += 1
        let link = Link(number: linkNumber, place: place, owner: self)
        self.link = link
        do {
            guard let address = address(place) else { throw SourceError("there is no second node") }
            Link.connect(to: address, tls: try settings.identity.clientTLS(), on: loop, link: link)
        } catch {
            let sentence = "\(error)"
            loop.assumeIsolated().execute { link.end(sentence) }
        }
    }

    /// The core has given the connection up and is told nothing more of it.
    func disconnect() {
        let old = link
        link = nil
        forgetLink()
        old?.end("another connection follows")
    }

    private func forgetLink() {
        outgoing.removeAll()
        questions = [:]
        taps?.post { $0.disconnected() }
    }

    func opened(_ link: Link) {
        guard link === self.link else { return }
        let number = link.number
        taps?.post { $0.connected(number) }
        step(.connected(link.place))
    }

    func received(_ message: StreamMessage, on link: Link) {
        guard link === self.link else { return }
        switch message {
        case .answer(let answer):
            if case .accepted(_, _, _, let codec) = answer { sealer.codec = codec }
            step(.answered(link.place, answer))
            link.send(.report(core.report))
        case .acknowledgement(let news):
            acknowledged = news
            step(.acknowledged(link.place, news))
        case .compared(let answer):
            guard let tag = questions.removeValue(forKey: answer.number) else { return }
            let number = link.number
            taps?.post { $0.answered(tag, different: answer.different, connection: number) }
        case .bookmark(let text): step(.bookmarkRequested(text))
        default: link.end("the receiver says what does not belong here")
        }
    }

    func closed(_ link: Link, reason: String) {
        guard link === self.link else { return }
        self.link = nil
        forgetLink()
        guard !isEnding else { return }
        trouble("no connection to \(address(link.place) ?? "?"): \(reason)")
        step(.disconnected(link.place))
        wantsAssignment?()
    }

    // MARK: Frames out

    /// Puts a frame behind those that are on their way out.
    func put(_ last: UInt64) {
        outgoing.waiting.append(last)
        drain()
    }

    /// Frames leave in order: one that is read from the spool holds up those behind it.
    private func drain() {
        guard let link, !outgoing.isReading else { return }
        while let last = outgoing.next() {
            // What is gone was acknowledged meanwhile.
            guard let entry = shelf[last] else { continue }
            switch entry.place {
            case .ring(let offset, _):
                link.send(frame: UnsafeRawBufferPointer(start: ring.base + offset, count: entry.length))
            case .spool(let offset, _): return read(offset, entry.length, link)
            }
        }
    }

    private func read(_ offset: Int, _ length: Int, _ link: Link) {
        guard let file = spool.file else { preconditionFailure("a frame is in a spool that is not there") }
        outgoing.isReading = true
        let number = link.number
        pool.runIfActive(eventLoop: loop) { try file.read(offset, length) }.whenComplete { result in
            guard let link = self.link, link.number == number else { return }
            self.outgoing.isReading = false
            switch result {
            case .success(let bytes):
                bytes.withUnsafeBytes { link.send(frame: $0) }
                self.drain()
                link.flush()
            case .failure(let error):
                self.trouble("\(error)")
                self.spool.discard()
                self.step(.spoolFailed)
            }
        }
    }
}

/// Frames that the core has sent and that wait for their bytes.
struct Outgoing {
    var waiting: [UInt64] = []
    private var start = 0
    var isReading = false

    mutating func next() -> UInt64? {
        guard start < waiting.count else {
            waiting.removeAll(keepingCapacity: true)
            start = 0
            return nil
        }
        defer { start += 1 }
        return waiting[start]
    }

    mutating func removeAll() { self = Outgoing() }
}
