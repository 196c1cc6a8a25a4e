import APIProtocol
import NIOCore
import NIOPosix
import NIOSSL
import NotificationCore
import Primitives

/// Where mails are handed in.
public struct MailServer: Sendable {
    public var host: String
    public var port: Int
    public var security: MailSecurity
    /// Not without TLS.
    public var credentials: (user: String, password: String)?
    /// PEM; nil trusts what the system trusts.
    public var ca: String?

    public init(
        host: String, port: Int, security: MailSecurity, credentials: (user: String, password: String)?, ca: String?
    ) {
        precondition(credentials == nil || security != .none, "a password does not go over the wire in the clear")
        self.host = host
        self.port = port
        self.security = security
        self.credentials = credentials
        self.ca = ca
    }
}

/// Hands one mail to a mail server.
public struct MailClient: Sendable {
    /// Longer lines are not SMTP; 512 octets are the limit of RFC 5321.
    private static let longestLine = 4_096

    private let group: any EventLoopGroup
    private let limit: Span

    /// - Parameter limit: for everything, connecting included.
    public init(group: any EventLoopGroup, limit: Span = .seconds(30)) {
        self.group = group
        self.limit = limit
    }

    /// - Parameter name: what this side calls itself, a host name.
    public func send(_ mail: MailMessage, to server: MailServer, as name: String) async throws(DeliveryFailure) {
        let order = SMTPConversation.Order(
            startsTLS: server.security == .starttls, credentials: server.credentials, from: mail.from, to: mail.to,
            message: mail.text, greeting: name)
        let group = group
        try await Connection.within(limit) { try await Self.deliver(order, to: server, on: group) }
    }

    private static func deliver(
        _ order: SMTPConversation.Order, to server: MailServer, on group: any EventLoopGroup
    ) async throws {
        let context = try NIOSSLContext(configuration: try Connection.tls(server.ca))
        let watch = ErrorWatch()
        let channel = try await ClientBootstrap(group: group).connectTimeout(Connection.connectTimeout)
            .connect(host: server.host, port: server.port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    if server.security == .tls {
                        try channel.pipeline.syncOperations.addHandler(Connection.handler(context, host: server.host))
                    }
                    try channel.pipeline.syncOperations.addHandler(watch)
                    return try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
                }
            }
        let (host, raw) = (server.host, channel.channel)
        var isTaken = false
        do {
            try await channel.executeThenClose { inbound, outbound in
                try await converse(SMTPConversation(order), inbound, outbound) {
                    try await raw.eventLoop.submit {
                        let handler = try Connection.handler(context, host: host)
                        try raw.pipeline.syncOperations.addHandler(handler, position: .first)
                    }.get()
                }
                isTaken = true
            }
        } catch {
            // Once the server has taken the mail, how the connection ends does not matter.
            if !isTaken { throw watch.first ?? error }
        }
    }

    private static func converse(
        _ start: SMTPConversation, _ inbound: NIOAsyncChannelInboundStream<ByteBuffer>,
        _ outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>, secure: () async throws -> Void
    ) async throws {
        var conversation = start
        var received = ByteBuffer()
        for try await var part in inbound {
            received.writeBuffer(&part)
            while let end = received.readableBytesView.firstIndex(of: 10) {
                var line = received.readString(length: end - received.readerIndex + 1) ?? ""
                while let last = line.unicodeScalars.last, last == "\n" || last == "\r" {
                    line.unicodeScalars.removeLast()
                }
                var effects = conversation.received(line)[...]
                while let effect = effects.popFirst() {
                    switch effect {
                    case .send(let text): try await outbound.write(ByteBuffer(string: text))
                    case .startTLS:
                        // What came before TLS must not be taken for what came through it (CVE-2011-0411).
                        guard received.readableBytes == 0 else {
                            throw DeliveryFailure("the mail server went on in the clear after STARTTLS")
                        }
                        try await secure()
                        effects += conversation.secured()
                    case .failed(let reason): throw DeliveryFailure(reason)
                    case .done: return await sayGoodbye(outbound)
                    }
                }
            }
            guard received.readableBytes <= longestLine else {
                throw DeliveryFailure("the mail server does not speak SMTP: its line does not end")
            }
            received.discardReadBytes()
        }
        throw DeliveryFailure(DeliveryFailure.cut)
    }

    private static func sayGoodbye(_ outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>) async {
        do {
            try await outbound.write(ByteBuffer(string: "QUIT\r\n"))
        } catch {
            return  // The mail is taken already.
        }
    }
}
