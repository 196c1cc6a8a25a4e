import Glibc
import Compression
import Foundation
import Identity
import JoinCore
import NIOConcurrencyHelpers
import NIOCore
import NIOPosix
import NIOSSL
import Primitives
import StreamProtocol

/// A receiver that keeps the replica in memory and does what a test tells it to.
final class TestReceiver: @unchecked Sendable {
    // @unchecked: everything is behind `lock`.

    struct State {
        var replica: [UInt16: [UInt8]] = [:]
        var tail = StreamPosition.none
        var lastSession: UInt64 = 0
        var isConsistent = false
        /// Content after each barrier that is a point, of volume 0, hashed, with its record.
        var points: [(kind: RecordKind, hash: Int)] = []
        var bookmarks: [String] = []
        var report: SourceReport?
        var frames = 0
        var wireBytes = 0
        var payloadBytes = 0
        var compared = 0
        var hellos: [Hello] = []
        /// Connections that are open.
        var connections = 0
        var problems: [String] = []
        /// Whether the replica of the first volume is this; asked after every frame, so not byte by byte.
        func holds(_ content: [UInt8]) -> Bool {
            guard let mine = replica[0], mine.count == content.count else { return false }
            return mine.withUnsafeBytes { ours in
                content.withUnsafeBytes { memcmp(ours.baseAddress!, $0.baseAddress!, $0.count) == 0 }
            }
        }

        // What a test wants.
        var keepsPoints = false
        var answersAcknowledgements = true
        var credits: UInt64 = 64 << 20
        var codec = FrameCodec.none
        /// Cuts the connection after so many more frames.
        var framesUntilCut: Int?
    }

    private let lock = NIOLock()
    private var guarded = State()
    private var waiters: [(condition: (State) -> Bool, continuation: CheckedContinuation<Void, Never>)] = []
    private var connections: [ObjectIdentifier: any Channel] = [:]
    private let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    private var channel: (any Channel)?
    private let identity: NodeIdentity
    private(set) var port = 0

    init(_ identity: NodeIdentity) { self.identity = identity }

    var address: String { "127.0.0.1:\(port)" }

    func start() async throws {
        let context = try NIOSSLContext(configuration: identity.streamServerTLS())
        let channel = try await ServerBootstrap(group: group)
            .serverChannelOption(ChannelOptions.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    let now: @Sendable () -> WallTime = { WallTime(Date()) }
                    try pipeline.addHandler(
                        NIOSSLServerHandler(
                            context: context, customVerificationCallback: self.identity.acceptStreamPeer(now: now)))
                    try pipeline.addHandler(ReceiverHandler(self))
                    self.lock.withLock {
                        self.connections[ObjectIdentifier(channel)] = channel
                        self.guarded.connections += 1
                    }
                }
            }
            .bind(host: "127.0.0.1", port: port).get()
        self.channel = channel
        port = channel.localAddress?.port ?? 0
    }

    /// Closes the listener and all connections; the replica stays.
    func stop() async throws {
        let all = lock.withLock {
            defer { connections = [:] }
            return Array(connections.values)
        }
        // Already closed ones say so, which is what is wanted.
        for connection in all { try? await connection.close() }  // It may be closed already.
        try await channel?.close()
        channel = nil
    }

    func end() async throws {
        if channel != nil { try await stop() }
        try await group.shutdownGracefully()
    }

    /// Cuts all connections as a network does.
    func cut() {
        for connection in lock.withLock({ Array(connections.values) }) { connection.close(promise: nil) }
    }

    func send(_ message: StreamMessage) {
        for connection in lock.withLock({ Array(connections.values) }) {
            connection.writeAndFlush(ByteBuffer(bytes: message.bytes), promise: nil)
        }
    }

    var state: State { lock.withLock { guarded } }
    func set(_ body: (inout State) -> Void) { change(body) }

    func change<Result>(_ body: (inout State) -> Result) -> Result {
        let (result, ready) = lock.withLock {
            let result = body(&guarded)
            let ready = waiters.filter { $0.condition(guarded) }.map(\.continuation)
            if !ready.isEmpty { waiters.removeAll { $0.condition(guarded) } }
            return (result, ready)
        }
        for continuation in ready { continuation.resume() }
        return result
    }

    /// Waits until the condition holds; it is judged after everything that comes.
    func until(_ condition: @escaping (State) -> Bool) async {
        await withCheckedContinuation { continuation in
            let holds = lock.withLock {
                if condition(guarded) { return true }
                waiters.append((condition, continuation))
                return false
            }
            if holds { continuation.resume() }
        }
    }

    func forget(_ channel: any Channel) {
        lock.withLock { _ = connections.removeValue(forKey: ObjectIdentifier(channel)) }
        change { $0.connections -= 1 }
    }
}

/// One connection of a source.
private final class ReceiverHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let receiver: TestReceiver
    private var parser = StreamParser()
    private let place = UnsafeMutableRawBufferPointer.allocate(byteCount: StreamParser.placeLength, alignment: 4096)
    private var hello: Hello?

    init(_ receiver: TestReceiver) { self.receiver = receiver }
    deinit { place.deallocate() }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        do {
            try unwrapInboundIn(data).withUnsafeReadableBytes { bytes in
                var rest = bytes
                while !rest.isEmpty {
                    let (taken, item) = try parser.take(rest, into: place)
                    rest = UnsafeRawBufferPointer(rebasing: rest[taken...])
                    switch item {
                    case .frame(let frame): try took(frame, context)
                    case .message(let message): took(message, context)
                    case nil: break
                    }
                }
            }
        } catch {
            receiver.set { $0.problems.append("\(error)") }
            context.close(promise: nil)
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) { acknowledge(context) }

    private func acknowledge(_ context: ChannelHandlerContext) {
        let state = receiver.state
        guard let hello, state.answersAcknowledgements else { return }
        let last = state.tail.generation == hello.generation ? state.tail.sequence : 0
        send(
            .acknowledgement(
                Acknowledgement(
                    generation: hello.generation, received: last, durable: last, replicated: last, applied: 0,
                    credits: state.credits)), context)
    }

    private func send(_ message: StreamMessage, _ context: ChannelHandlerContext) {
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: message.bytes)), promise: nil)
    }

    private func took(_ message: StreamMessage, _ context: ChannelHandlerContext) {
        switch message {
        case .hello(let hello): greet(hello, context)
        case .report(let report): receiver.set { $0.report = report }
        case .compare(let request): compare(request, context)
        case .bye: break
        default: receiver.set { $0.problems.append("unexpected: \(message)") }
        }
    }

    private func greet(_ hello: Hello, _ context: ChannelHandlerContext) {
        let answer: HelloAnswer = receiver.change { state in
            state.hellos.append(hello)
            if hello.session <= state.lastSession { state.problems.append("session \(hello.session) came again") }
            state.lastSession = hello.session
            let tail = state.tail
            let isNext = tail.generation == hello.generation || tail == hello.predecessor
            guard isNext else { return .refused(.wrongPredecessor, tail: tail) }
            for volume in hello.volumes {
                let count = Int(volume.size)
                var bytes = state.replica[volume.number.number] ?? []
                if bytes.count < count { bytes += [UInt8](repeating: 0, count: count - bytes.count) }
                state.replica[volume.number.number] = bytes
            }
            let next = tail.generation == hello.generation ? tail.sequence + 1 : 1
            return .accepted(durable: tail, next: next, credits: state.credits, codec: state.codec)
        }
        if case .accepted = answer { self.hello = hello }
        send(.answer(answer), context)
    }

    private func compare(_ request: CompareRequest, _ context: ChannelHandlerContext) {
        let answer: CompareAnswer = receiver.change { state in
            let bytes = state.replica[request.volume.number] ?? []
            state.compared += request.hashes.count
            var different: [UInt16] = []
            for (index, hash) in request.hashes.enumerated() {
                let start = Int(request.address) * 512 + index * CompareRequest.blockLength
                let end = min(start + CompareRequest.blockLength, bytes.count)
                let own = bytes[start..<end].withUnsafeBytes { BlockHash(of: $0) }
                if own != hash { different.append(UInt16(index)) }
            }
            return CompareAnswer(number: request.number, different: different)
        }
        send(.compared(answer), context)
    }

    private func took(_ frame: Frame, _ context: ChannelHandlerContext) throws {
        var raw = [UInt8](repeating: 0, count: frame.header.rawLength)
        try raw.withUnsafeMutableBytes { target in
            switch frame.header.codec {
            case .none: target.copyMemory(from: frame.storedPayload)
            case .lz4: try LZ4.expand(frame.storedPayload, into: target)
            case .zstd: try Zstd().expand(frame.storedPayload, into: target)
            }
        }
        try raw.withUnsafeBytes { try frame.check(raw: $0) }
        let isCut = receiver.change { state in
            apply(frame, raw, &state)
            guard let left = state.framesUntilCut else { return false }
            state.framesUntilCut = left > 1 ? left - 1 : nil
            return left <= 1
        }
        if isCut { context.close(promise: nil) }
    }

    private func apply(_ frame: Frame, _ raw: [UInt8], _ state: inout TestReceiver.State) {
        let header = frame.header
        let digestBefore = state.tail.digest
        let isNext =
            header.generation == state.tail.generation
            ? header.firstSequence == state.tail.sequence + 1
            : header.firstSequence == 1 && hello?.predecessor == state.tail
        if !isNext { state.problems.append("record \(header.firstSequence) behind \(state.tail.sequence)") }
        var last: RecordKind?
        for number in 0..<header.recordCount {
            let record = frame.record(number)
            last = record.kind
            apply(record, raw, &state)
        }
        state.tail = StreamPosition(
            generation: header.generation, sequence: header.lastSequence,
            digest: ChainDigest(digestBefore.bytes).following(frame))
        state.frames += 1
        state.wireBytes += frame.bytes.count
        state.payloadBytes += header.rawLength
        state.isConsistent = !header.flags.contains(.notConsistent)
        if state.keepsPoints, header.flags.contains(.endsEpoch), state.isConsistent, let last {
            state.points.append((last, (state.replica[0] ?? []).hashValue))
        }
    }

    private func apply(_ record: FrameRecord, _ raw: [UInt8], _ state: inout TestReceiver.State) {
        let start = Int(record.address) * 512
        let bytes = raw[record.offset..<record.offset + record.payloadLength]
        switch record.kind {
        case .write, .forcedWrite, .repair:
            state.replica[record.volume.number]?.replaceSubrange(start..<start + bytes.count, with: bytes)
        case .zero, .discard:
            let count = Int(record.units) * 512
            state.replica[record.volume.number]?.withUnsafeMutableBytes {
                _ = memset($0.baseAddress! + start, 0, count)
            }
        case .mark:
            do { state.bookmarks.append(try bytes.withUnsafeBytes { try BookmarkText(reading: $0).text }) } catch {
                state.problems.append("\(error)")
            }
        case .configuration:
            do {
                let change = try bytes.withUnsafeBytes { try VolumeChange(reading: $0) }
                let more = Int(change.size) - (state.replica[record.volume.number]?.count ?? 0)
                if more > 0 { state.replica[record.volume.number]? += [UInt8](repeating: 0, count: more) }
            } catch { state.problems.append("\(error)") }
        case .flush, .cut: break
        }
    }

    func channelInactive(context: ChannelHandlerContext) { receiver.forget(context.channel) }
    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
