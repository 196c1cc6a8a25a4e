import ArgumentParser
import ConfigurationCore
import ConsoleService
import Foundation
import Logging

struct ConsoleDaemonCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "keelson-consoled", abstract: "The console of a Keelson node: pages, and the API for users.")

    @Option(help: "The node's configuration file.")
    var configuration: String

    @Flag(help: "Log every detail.")
    var verbose = false

    nonisolated func run() async throws {
        let node = try NodeConfiguration.parse(String(contentsOfFile: configuration, encoding: .utf8))
        var logger = Logger(label: "keelson-consoled")
        logger.logLevel = verbose ? .debug : .info
        try await ConsoleDaemon(configuration: node, logger: logger).run()
    }
}
