import Glibc
import Primitives

/// What resumes after a cut cost, ours beside rsync's.
struct ResumeFigures {
    /// Bytes that were changed between two copies.
    let changed: Double
    private var time = Samples()
    private var wire = Samples()
    private var read = Samples()
    private var rsyncTime = Samples()
    private var rsyncRead = Samples()
    private var rsyncWire = Samples()

    init(changed: Double) { self.changed = changed }

    /// From the start of the receiver, which was killed, until the copies are equal again.
    mutating func addOurs(_ source: SourceProcess, _ node: CaptureProcess) throws {
        let bytes = try CopyBench.loopbackBytes()
        let before = try source.status().readBytes
        time.add(
            try CopyBench.timed {
                try node.restart()
                try source.untilLevel(nodes: 1, within: .seconds(300))
            })
        wire.add(Double(try CopyBench.loopbackBytes() - bytes))
        read.add(Double(try source.status().readBytes - before + node.bytesRead()))
    }

    mutating func addRsync(_ image: String, _ copy: String) throws {
        let before = Self.blocksRead
        var text = ""
        rsyncTime.add(
            try CopyBench.timed {
                text = try Command.run(
                    ["rsync", "--inplace", "--no-whole-file", "--times", "--ignore-times", "--stats", image, copy],
                    within: .seconds(900))
            })
        rsyncRead.add(Double(Self.blocksRead - before) * 512)
        let sent = text.split(separator: "\n").first { $0.hasPrefix("Total bytes sent:") }
        guard let sent, let bytes = Double(sent.filter { $0.isNumber }) else {
            throw LabError("rsync's statistics cannot be read.")
        }
        rsyncWire.add(bytes)
    }

    /// Blocks of 512 bytes that children which have ended read from disks (getrusage(2)).
    private static var blocksRead: Int {
        var usage = rusage()
        getrusage(RUSAGE_CHILDREN.rawValue, &usage)
        return usage.ru_inblock
    }

    func goals(_ size: UInt64) -> [Goal] {
        Terminal.say("resume: \(time.text); rsync \(rsyncTime.text) (seconds)")
        let what = "resume of \(size >> 30) GiB, 1 % changed"
        return [
            Goal(
                what: "\(what): bytes on the wire", ours: wire.median, against: "the change", theirs: changed,
                goal: "at most 1.05 ×", met: wire.median <= 1.05 * changed),
            Goal(
                what: "\(what): bytes on the wire", ours: wire.median, against: "rsync --inplace",
                theirs: rsyncWire.median, goal: "measured", met: true),
            Goal(
                what: "\(what): bytes read from disks", ours: read.median, against: "rsync --inplace",
                theirs: rsyncRead.median, goal: "at most 0.05 ×", met: read.median <= 0.05 * rsyncRead.median),
            Goal(
                what: "\(what): seconds", ours: time.median, against: "rsync --inplace", theirs: rsyncTime.median,
                goal: "at most 0.1 ×", met: time.median <= 0.1 * rsyncTime.median),
        ]
    }
}
