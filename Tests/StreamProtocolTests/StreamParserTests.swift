import StreamProtocol
import Testing

@Suite struct StreamParserTests {
    /// Everything that the parser finds when the bytes come in pieces of `size`.
    private func items(in bytes: [UInt8], pieces size: Int) throws -> (messages: [StreamMessage], frames: Int) {
        let place = Buffer(StreamParser.placeLength)
        var parser = StreamParser()
        var found: (messages: [StreamMessage], frames: Int) = ([], 0)
        for start in stride(from: 0, to: bytes.count, by: size) {
            try bytes[start..<min(start + size, bytes.count)].withUnsafeBytes { piece in
                var rest = piece
                while !rest.isEmpty {
                    let (taken, item) = try parser.take(rest, into: place.bytes)
                    switch item {
                    case .frame(let frame):
                        #expect(Array(frame.bytes) == Samples.frame())
                        found.frames += 1
                    case .message(let message): found.messages.append(message)
                    case nil: #expect(taken == rest.count)
                    }
                    rest = UnsafeRawBufferPointer(rebasing: rest[taken...])
                }
            }
        }
        #expect(parser.isBetweenItems)
        return found
    }

    @Test(arguments: [1, 7, 96, 4_096, 1 << 20]) func framesAndMessagesComeInAnyPieces(size: Int) throws {
        let bytes = Samples.messages.flatMap { Samples.frame() + $0.bytes } + Samples.frame()
        let found = try items(in: bytes, pieces: size)
        #expect(found.messages == Samples.messages && found.frames == Samples.messages.count + 1)
    }

    @Test(arguments: Samples.messages) func everyFlippedBitOfAMessageIsRefused(message: StreamMessage) {
        var bytes = message.bytes
        for bit in 0..<bytes.count * 8 {
            bytes[bit / 8] ^= 1 << (bit % 8)
            #expect(throws: StreamFormatError.self, "bit \(bit)") {
                try bytes.withUnsafeBytes { try StreamMessage(reading: $0) }
            }
            bytes[bit / 8] ^= 1 << (bit % 8)
        }
    }

    @Test(arguments: Samples.messages) func aMessageThatEndsEarlyIsRefused(message: StreamMessage) {
        let bytes = message.bytes
        for count in 0..<bytes.count {
            #expect(throws: StreamFormatError.self) {
                try bytes[..<count].withUnsafeBytes { try StreamMessage(reading: $0) }
            }
        }
    }

    @Test func aStrangeBeginningIsRefused() {
        let place = Buffer(StreamParser.placeLength)
        var parser = StreamParser()
        #expect(throws: StreamFormatError.strangeMagic(0x2054_4547)) {
            try Array("GET / HTTP/1.1\r\n\r\n".utf8).withUnsafeBytes { _ = try parser.take($0, into: place.bytes) }
        }
    }
}
