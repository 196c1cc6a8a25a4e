import NIOCore
import NIOPosix
import NIOSSL
import Primitives

/// The client of the VIP: a fresh request to every target every few milliseconds, one line of text for each.
///
/// One thread, no connection reuse, no session resumption: what a new user of the service would see.
public struct ProbeClient: Sendable {
    /// What to ask.
    public struct Question: Sendable {
        let target: ProbeRow.Target
        let host: String
        let port: Int
        let path: String
        /// Asked in every turn, or in every 2nd, 3rd, ….
        let everyTurns: Int

        /// - Precondition: at least every turn.
        public init(target: ProbeRow.Target, host: String, port: Int, path: String, everyTurns: Int = 1) {
            precondition(everyTurns > 0, "a question that is never asked")
            self.everyTurns = everyTurns
            self.target = target
            self.host = host
            self.port = port
            self.path = path
        }
    }

    let questions: [Question]
    let interval: Span
    let timeout: Span
    /// The cluster's CA certificate (PEM file); nil: certificates are not checked.
    let authority: String?

    public init(questions: [Question], interval: Span, timeout: Span, authority: String?) {
        self.questions = questions
        self.interval = interval
        self.timeout = timeout
        self.authority = authority
    }

    /// Asks until the reader of `write` is gone.
    /// - Parameter write: takes one line; answers false when nobody reads any more.
    /// - Throws: `NIOSSLError` when the CA certificate cannot be read.
    public func run(write: @escaping @Sendable (String) -> Bool) throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let loop = group.next()
        let finished = loop.makePromise(of: Void.self)
        let asker = ProbeAsker(
            questions: questions, interval: .nanoseconds(interval.nanoseconds),
            timeout: .nanoseconds(timeout.nanoseconds), tls: try tlsContext(), loop: loop
        ) { row in
            if !write("\(row)\n") { finished.succeed(()) }
        }
        loop.execute { asker.turn() }
        try finished.futureResult.wait()
        try group.syncShutdownGracefully()
    }

    private func tlsContext() throws -> NIOSSLContext {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.minimumTLSVersion = .tlsv13
        if let authority {
            configuration.trustRoots = .file(authority)
            // Whoever of the cluster holds the address may answer, with a node's certificate or the address's own.
            configuration.certificateVerification = .noHostnameVerification
        } else {
            configuration.certificateVerification = .none
        }
        return try NIOSSLContext(configuration: configuration)
    }
}

/// Starts the requests. Lives on its event loop.
private final class ProbeAsker: @unchecked Sendable {
    private let questions: [ProbeClient.Question]
    private let interval: TimeAmount
    private let timeout: TimeAmount
    private let tls: NIOSSLContext
    private let loop: any EventLoop
    private let report: @Sendable (ProbeRow) -> Void
    private var next = NIODeadline.now()
    private var turns = 0

    init(
        questions: [ProbeClient.Question], interval: TimeAmount, timeout: TimeAmount, tls: NIOSSLContext,
        loop: any EventLoop, report: @escaping @Sendable (ProbeRow) -> Void
    ) {
        self.questions = questions
        self.interval = interval
        self.timeout = timeout
        self.tls = tls
        self.loop = loop
        self.report = report
    }

    func turn() {
        let now = NIODeadline.now()
        // After a pause of the whole machine the missed requests are not made up for.
        next = max(next + interval, now - .milliseconds(20))
        for question in questions where turns % question.everyTurns == 0 { ask(question) }
        turns += 1
        loop.scheduleTask(deadline: next) { self.turn() }
    }

    private func ask(_ question: ProbeClient.Question) {
        let request = ProbeRequest(
            target: question.target,
            request: "GET \(question.path) HTTP/1.1\r\nHost: \(question.host)\r\n"
                + "Connection: close\r\n\r\n", report: report)
        let limit = loop.scheduleTask(in: timeout) { request.finish(nil) }
        request.limit = limit
        let tls = question.target == .api ? self.tls : nil
        let connection = ClientBootstrap(group: loop)
            .connectTimeout(timeout)
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    if let tls {
                        try channel.pipeline.syncOperations.addHandler(
                            NIOSSLClientHandler(context: tls, serverHostname: nil))
                    }
                    try channel.pipeline.syncOperations.addHandler(request)
                }
            }
            .connect(host: question.host, port: question.port)
        connection.whenFailure { _ in request.finish(nil) }
    }
}

/// One request and its answer.
private final class ProbeRequest: ChannelInboundHandler, @unchecked Sendable {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let target: ProbeRow.Target
    private let request: String
    private let start = LabClock.now()
    private let report: @Sendable (ProbeRow) -> Void
    private var received: [UInt8] = []
    private var isFinished = false
    private var channel: (any Channel)?
    var limit: Scheduled<Void>?

    init(target: ProbeRow.Target, request: String, report: @escaping @Sendable (ProbeRow) -> Void) {
        self.target = target
        self.request = request
        self.report = report
    }

    /// The first call decides.
    func finish(_ answer: String?) {
        guard !isFinished else { return }
        isFinished = true
        report(ProbeRow(target: target, start: start, end: LabClock.now(), answer: answer))
        limit?.cancel()
        channel?.close(promise: nil)
    }

    func handlerAdded(context: ChannelHandlerContext) {
        channel = context.channel
        if isFinished { context.close(promise: nil) }
    }

    func channelActive(context: ChannelHandlerContext) {
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: request)), promise: nil)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        received.append(contentsOf: unwrapInboundIn(data).readableBytesView)
        guard let answer = ProbeAnswer(target: target, bytes: received) else { return }
        finish(answer.node)
    }

    func channelInactive(context: ChannelHandlerContext) { finish(nil) }

    // A refused, reset or untrusted connection is a failed request: that is the measurement.
    func errorCaught(context: ChannelHandlerContext, error: any Error) { finish(nil) }

    func handlerRemoved(context: ChannelHandlerContext) { channel = nil }
}
