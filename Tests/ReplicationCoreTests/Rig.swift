import Foundation
import Primitives
import ReplicationCore
import StreamProtocol
import Testing

enum Rig {
    static let machine = MachineID(high: 1, low: 2)
    static let volumes = [Hello.Volume(number: VolumeNumber(0), size: 1 << 30, blockSize: 512)]

    /// A position whose digest tells generation and sequence.
    static func position(_ generation: UInt64, _ sequence: UInt64, branch: UInt8 = 0) -> StreamPosition {
        var digest = [UInt8](repeating: 0, count: 32)
        digest[0] = UInt8(truncatingIfNeeded: generation)
        digest[1] = UInt8(truncatingIfNeeded: sequence)
        digest[2] = branch
        return StreamPosition(generation: Generation(generation), sequence: sequence, digest: ChainDigest(digest))
    }

    static func hello(
        _ purpose: Hello.Purpose = .source, epoch: UInt64 = 1, session: UInt64 = 1, generation: UInt64 = 1,
        after predecessor: StreamPosition = .none
    ) -> Hello {
        Hello(
            machine: machine, purpose: purpose, epoch: epoch, session: session, generation: Generation(generation),
            predecessor: predecessor, volumes: volumes, level: .replicated, codecs: [.none])
    }

    static func header(
        _ generation: UInt64, _ first: UInt64, records: Int = 1, flags: FrameFlags = .endsEpoch, payload: Int = 4_096
    ) -> FrameHeader {
        FrameHeader(
            flags: flags, machine: machine, generation: Generation(generation), firstSequence: first, writeEpoch: 1,
            bytesAhead: 0, wallClock: 1, monotonicClock: 1, recordCount: records, rawLength: payload,
            storedLength: payload)
    }

    static func closed(_ generation: UInt64, _ first: UInt64, _ last: UInt64, bytes: Int = 8_192) -> ClosedFrame {
        ClosedFrame(first: first, end: position(generation, last), bytes: bytes, wallClock: 5)
    }

    static func moment(_ milliseconds: Int64) -> Instant { Instant(nanoseconds: milliseconds * 1_000_000) }

    /// Short texts: no module names, machines as m, digests by their first three bytes.
    static func text(_ value: Any) -> String {
        var text = String(describing: value)
        for module in ["ReplicationCore.", "StreamProtocol.", "CaptureProtocol.", "Primitives."] {
            text = text.replacing(module, with: "")
        }
        text = text.replacing(machine.description, with: "m")
        text = text.replacing(/ChainDigest\(bytes: \[(\d+), (\d+), (\d+),[^\]]*\]\)/) {
            "\($0.output.1).\($0.output.2).\($0.output.3)"
        }
        text = text.replacing(/(?:Generation|VolumeNumber)\(number: (\d+)\)/) { String($0.output.1) }
        for noise in ["generation: ", "sequence: ", "digest: "] { text = text.replacing(noise, with: "") }
        return text
    }
}

/// Events in, and everything that comes out, as text, compared with a file of Tests/Golden. KEELSON_REWRITE=1 writes
/// it anew; the difference is then to be reviewed.
struct Conversation<Event, Effect> {
    private var lines: [String] = []
    private let step: (Event, Int64) -> [Effect]

    init(_ step: @escaping (Event, Int64) -> [Effect]) { self.step = step }

    mutating func say(_ event: Event, at milliseconds: Int64) {
        lines.append("\(milliseconds) ms > \(Rig.text(event))")
        for effect in step(event, milliseconds) { lines.append("    < \(Rig.text(effect))") }
    }

    func compare(with name: String) throws {
        let file = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "Golden/\(name)")
        let text = lines.joined(separator: "\n") + "\n"
        if ProcessInfo.processInfo.environment["KEELSON_REWRITE"] == "1" {
            try text.write(to: file, atomically: true, encoding: .utf8)
        }
        #expect(try String(contentsOf: file, encoding: .utf8) == text)
    }
}
