import JournalCore
import StreamProtocol

/// Where a damaged part can be had whole. What it gives is judged here, by the checksums of what was acknowledged.
public struct JournalRepair: Sendable {
    /// For findings: the other node's name.
    public var source: String
    /// The frame that follows a position.
    public var frame:
        @Sendable (
            _ after: StreamPosition, _ answer: @escaping @Sendable (Result<FrameBuffer, RepairFailure>) -> Void
        ) -> Void
    /// The bytes of a range (units of 512 bytes, at most 1 MiB) as they were at a point.
    public var range:
        @Sendable (
            _ volume: VolumeNumber, _ address: UInt64, _ units: UInt32, _ point: StreamPosition,
            _ answer: @escaping @Sendable (Result<[UInt8], RepairFailure>) -> Void
        ) -> Void

    public init(
        source: String,
        frame:
            @escaping @Sendable (StreamPosition, @escaping @Sendable (Result<FrameBuffer, RepairFailure>) -> Void) ->
            Void,
        range:
            @escaping @Sendable (
                VolumeNumber, UInt64, UInt32, StreamPosition,
                @escaping @Sendable (Result<[UInt8], RepairFailure>) -> Void
            ) -> Void
    ) {
        self.source = source
        self.frame = frame
        self.range = range
    }
}

/// Why a damaged part was not repaired.
public enum RepairFailure: Error, Hashable, Sendable {
    /// The other copy is damaged as well.
    case damaged
    /// The other node does not have it: folded away, or never there.
    case absent
    /// The other node has something else there.
    case different
    /// It cannot be asked, or not be written here; a sentence.
    case failed(String)

    /// - Parameter source: the other node's name.
    func description(of source: String) -> String {
        switch self {
        case .damaged: "the copy of \(source) is damaged as well"
        case .absent: "\(source) does not have it any more"
        case .different: "\(source) has something else there"
        case .failed(let cause): cause
        }
    }
}
