import CaptureProtocol
import Foundation
import NIOCore
import NIOPosix
import Primitives
import StreamProtocol
import Synchronization

@testable import ClusterService

/// Stands for a node's capture daemon: answers what the test gives it, and keeps what it was asked.
final class ScriptedCapture: Sendable {
    private struct State: Sendable {
        var asked: [CaptureRequest] = []
        var assignments: [StreamAssignment] = []
        var answer: @Sendable (CaptureRequest) -> CaptureAnswer = { _ in .done }
    }

    private let state = Mutex(State())
    private let channel: Mutex<(any Channel)?> = Mutex(nil)

    var asked: [CaptureRequest] { state.withLock { $0.asked } }
    var assignments: [StreamAssignment] { state.withLock { $0.assignments } }

    /// - Parameter answer: to everything but `assign`, which is always done.
    func script(_ answer: @escaping @Sendable (CaptureRequest) -> CaptureAnswer) {
        state.withLock { $0.answer = answer }
    }

    static func run(at path: String, _ body: (ScriptedCapture) async throws -> Void) async throws {
        let capture = ScriptedCapture()
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Handler(capture))
                }
            }.bind(unixDomainSocketPath: path, cleanupExistingSocketFile: true).get()
        do {
            try await body(capture)
        } catch {
            try await channel.close().get()
            throw error
        }
        try await channel.close().get()
    }

    fileprivate func answer(_ request: CaptureRequest) -> CaptureAnswer {
        state.withLock { state in
            state.asked.append(request)
            guard case .assign(let assignments) = request else { return state.answer(request) }
            state.assignments = assignments
            return .done
        }
    }

    private final class Handler: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        typealias OutboundOut = ByteBuffer

        private let capture: ScriptedCapture
        private var lines = MessageLines(limit: CaptureRequest.longestLine)

        init(_ capture: ScriptedCapture) { self.capture = capture }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            lines.append(unwrapInboundIn(data).readableBytesView)
            do {
                while let line = try lines.next() {
                    let request = try JSONDecoder().decode(CaptureRequest.self, from: Data(line))
                    let answer = try JSONEncoder().encode(capture.answer(request))
                    context.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: answer + [10])), promise: nil)
                }
            } catch {
                context.close(promise: nil)
            }
        }
    }
}
