import ArgumentParser
import ClusterService
import ConfigurationCore
import Foundation
import Logging
import Metrics
import PrometheusMetrics

@main
struct ClusterDaemonCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "keelson-clusterd", abstract: "The cluster daemon of a Keelson node.")

    @Option(help: "The node's configuration file.")
    var configuration: String

    @Flag(help: "Log every detail.")
    var verbose = false

    nonisolated func run() async throws {
        let node = try NodeConfiguration.parse(String(contentsOfFile: configuration, encoding: .utf8))
        let registry = PrometheusRegistry()
        MetricsSystem.bootstrap(registry)
        var logger = Logger(label: "keelson-clusterd")
        logger.logLevel = verbose ? .debug : .info
        try await ClusterDaemon(configuration: node, metrics: registry, logger: logger).run()
    }
}
