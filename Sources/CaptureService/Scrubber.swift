import CaptureProtocol
import ConfigurationCore
import Linux
import Logging
import StreamProtocol

/// Reads and judges everything on this node now and then, one machine after the other, slowly enough not to be felt.
/// Lives on the event loop.
final class Scrubber {
    private let settings: NodeConfiguration.Scrub
    private let logger: Logger
    private var book: ScrubBook
    private var current: MachineID?
    /// A machine that cannot be read at the moment is tried again after so many seconds.
    private var pause = 0
    private static let pause = 60

    init(_ settings: NodeConfiguration.Scrub, book: ScrubBook, logger: Logger) {
        self.settings = settings
        self.book = book
        self.logger = logger
    }

    /// - Parameter now: seconds since 1970.
    func secondPassed(_ streams: [MachineID: MachineStream], at now: UInt64) {
        guard settings.days > 0 else { return }
        guard pause == 0 else { return pause -= 1 }
        do {
            if let current {
                guard streams[current]?.verification?.isRunning != true else { return }
                self.current = nil
                try book.note([current], at: now)
            }
            let present = streams.filter { $0.value.open != nil }.map(\.key)
            guard let next = try book.next(of: present, at: now, every: UInt64(settings.days) * 86_400) else { return }
            try streams[next]?.verify(rate: UInt64(settings.rate) << 20)
            current = next
            logger.info("machine \(next): everything is read and checked in the background")
        } catch {
            pause = Self.pause
            logger.error("nothing is scrubbed for \(Self.pause) s: \(error)")
        }
    }

    func forget(_ machine: MachineID) {
        do throws(SystemError) { try book.forget(machine) } catch {
            logger.error("machine \(machine) stays in the list of what is scrubbed: \(error)")
        }
    }
}
