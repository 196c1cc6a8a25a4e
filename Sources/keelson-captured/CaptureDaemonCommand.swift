import ArgumentParser
import CaptureService
import ConfigurationCore
import Foundation
import Logging

struct CaptureDaemonCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "keelson-captured",
        abstract: "Takes the streams of protected machines on a Keelson node, keeps their journals, serves any point.")

    @Option(help: "The node's configuration file.")
    var configuration: String

    @Flag(help: "Log every detail.")
    var verbose = false

    nonisolated func run() async throws {
        let node = try NodeConfiguration.parse(String(contentsOfFile: configuration, encoding: .utf8))
        var logger = Logger(label: "keelson-captured")
        logger.logLevel = verbose ? .debug : .info
        try await CaptureDaemon(configuration: node, logger: logger).run()
    }
}
