import Foundation
import Primitives

extension LabNode {
    private var clockFile: String { "\(directory)/clock" }

    /// Moves the node's wall clock, of programs that run and of later ones. Only what asks the C library follows: etcd
    /// asks the kernel, and decides nothing by the wall clock.
    /// - Parameter offset: from the true time; negative is behind.
    /// - Throws: `LabError` when the node has no clock of its own.
    public func setClock(_ offset: Span) throws(LabError) {
        guard hardware.hasOwnClock else { throw LabError("\(name) has no clock of its own.") }
        try writeClock(offset)
    }

    func writeClock(_ offset: Span) throws(LabError) {
        let seconds = Int64(offset.seconds)
        do {
            // At once and whole: it is read at every question for the time.
            try "\(seconds < 0 ? "" : "+")\(seconds)\n".write(toFile: clockFile, atomically: true, encoding: .utf8)
        } catch {
            throw LabError("\(clockFile) cannot be written: \(error)")
        }
    }

    /// What makes a program ask the file for the time.
    var clockEnvironment: [String: String] {
        guard hardware.hasOwnClock, let library = LabHardware.clockLibrary else { return [:] }
        return [
            "LD_PRELOAD": library, "FAKETIME_TIMESTAMP_FILE": clockFile, "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        ]
    }
}
