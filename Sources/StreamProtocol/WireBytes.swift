import Checksum

extension UnsafeRawBufferPointer {
    /// The little-endian number at `offset`.
    /// - Precondition: it lies within the bytes.
    func number<Number: FixedWidthInteger & BitwiseCopyable>(at offset: Int, as type: Number.Type = Number.self)
        -> Number
    {
        Number(littleEndian: loadUnaligned(fromByteOffset: offset, as: type))
    }

    /// The part of it at `range`, counted from 0.
    func part(_ range: Range<Int>) -> UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: self[range]) }
}

extension UnsafeMutableRawBufferPointer {
    func put<Number: FixedWidthInteger & BitwiseCopyable>(_ number: Number, at offset: Int) {
        storeBytes(of: number.littleEndian, toByteOffset: offset, as: Number.self)
    }

    func part(_ range: Range<Int>) -> UnsafeMutableRawBufferPointer {
        UnsafeMutableRawBufferPointer(rebasing: self[range])
    }
}

/// Appends numbers to the body of a message.
struct MessageWriter {
    private(set) var bytes: [UInt8] = []

    mutating func put<Number: FixedWidthInteger>(_ number: Number) {
        withUnsafeBytes(of: number.littleEndian) { bytes.append(contentsOf: $0) }
    }

    mutating func put(_ more: some Sequence<UInt8>) { bytes.append(contentsOf: more) }

    /// A text of up to 65535 bytes with its length ahead of it.
    mutating func put(text: String) {
        let encoded = Array(text.utf8)
        precondition(encoded.count <= Int(UInt16.max), "a text of a message is longer than 65535 bytes")
        put(UInt16(encoded.count))
        put(encoded)
    }

    mutating func put(_ position: StreamPosition) {
        put(position.generation.number)
        put(position.sequence)
        put(position.digest.bytes)
    }

    mutating func put(_ machine: MachineID) {
        put(machine.high)
        put(machine.low)
    }
}

/// Takes numbers from the body of a message that somebody else wrote.
struct MessageReader {
    private let bytes: UnsafeRawBufferPointer
    private var next = 0

    init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    var remaining: Int { bytes.count - next }

    private mutating func take(_ count: Int) throws(StreamFormatError) -> Range<Int> {
        guard count <= remaining else { throw .malformed(.message, "it ends before its last field") }
        defer { next += count }
        return next..<next + count
    }

    mutating func number<Number: FixedWidthInteger & BitwiseCopyable>(
        as type: Number.Type = Number.self
    ) throws(StreamFormatError) -> Number {
        bytes.number(at: try take(MemoryLayout<Number>.size).lowerBound, as: type)
    }

    mutating func array(_ count: Int) throws(StreamFormatError) -> [UInt8] { Array(bytes[try take(count)]) }

    mutating func text() throws(StreamFormatError) -> String {
        let count = Int(try number(as: UInt16.self))
        guard let text = String(validating: bytes[try take(count)], as: UTF8.self) else {
            throw .malformed(.message, "a text that is not UTF-8")
        }
        return text
    }

    mutating func position() throws(StreamFormatError) -> StreamPosition {
        StreamPosition(
            generation: Generation(try number()), sequence: try number(),
            digest: ChainDigest(try array(ChainDigest.length)))
    }

    mutating func machine() throws(StreamFormatError) -> MachineID {
        MachineID(high: try number(), low: try number())
    }

    /// One of the cases of an enumeration of bytes.
    mutating func choice<Choice: RawRepresentable>(
        _ type: Choice.Type = Choice.self
    ) throws(StreamFormatError) -> Choice where Choice.RawValue == UInt8 {
        let value = try number(as: UInt8.self)
        guard let choice = Choice(rawValue: value) else { throw .malformed(.message, "\(value) is no \(Choice.self)") }
        return choice
    }

    func finish() throws(StreamFormatError) {
        guard remaining == 0 else { throw .malformed(.message, "\(remaining) bytes behind its last field") }
    }
}
