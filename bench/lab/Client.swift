import ArgumentParser
import Lab
import Primitives

extension ProbeRow.Target: ExpressibleByArgument {}

/// What the lab starts in the client's namespace.
struct Client: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Asks the VIP every few milliseconds; a line (target, start, end, node) for each request.")

    @Option(help: "What to ask: api (HTTPS), responder (plain). May be repeated.")
    var target: [ProbeRow.Target] = [.api]

    @Option(help: "Address to ask.")
    var host = LabNetwork.vip

    @Option(help: "Milliseconds between two requests.")
    var interval: Int64 = 5

    @Option(help: "Milliseconds after which a request has failed.")
    var timeout = Self.standardTimeout

    @Option(help: "PEM file of the cluster's CA; without it certificates are not checked.")
    var authority: String?

    #if DEBUG
        /// TLS without optimisation costs milliseconds of CPU a request: every 5 ms would load the machine by itself,
        /// and a request that waits for the CPU has not failed.
        private static let everyTurns = 4
        private static let standardTimeout: Int64 = 1_000
    #else
        private static let everyTurns = 1
        private static let standardTimeout: Int64 = 250
    #endif

    func run() throws {
        let questions = target.map { target in
            switch target {
            case .api:
                ProbeClient.Question(
                    target: target, host: host, port: 443, path: "/v1/master", everyTurns: Self.everyTurns)
            case .responder: ProbeClient.Question(target: target, host: host, port: Responder.port, path: "/")
            }
        }
        let client = ProbeClient(
            questions: questions, interval: .milliseconds(interval), timeout: .milliseconds(timeout),
            authority: authority)
        try client.run { Terminal.write($0, to: 1) }
    }
}

/// What the lab starts in every node beside the daemons.
struct Respond: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "responder", abstract: "Answers every connection with the node's name.")

    @Argument(help: "The node's name.")
    var name: String

    func run() throws { try Responder(name: name).run() }
}
