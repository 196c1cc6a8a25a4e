import ArgumentParser
import ConfigurationCore
import Foundation
import Logging
import SourceService

struct SourceCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "keelson-source",
        abstract: "Serves a machine's disks over NBD and brings every write to the cluster, in order.",
        subcommands: [Run.self, Enrol.self, Status.self, Cut.self, Bookmark.self])
}

struct SourceOptions: ParsableArguments {
    @Option(help: "The configuration file.")
    var config = "/etc/keelson-source.toml"

    @Flag(help: "Log every detail.")
    var verbose = false

    func program() throws -> SourceProgram {
        var logger = Logger(label: "keelson-source")
        logger.logLevel = verbose ? .debug : .info
        return SourceProgram(
            configuration: try SourceConfiguration.parse(String(contentsOfFile: config, encoding: .utf8)),
            logger: logger)
    }
}

extension SourceCommand {
    struct Run: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Runs until it is told to stop.")
        @OptionGroup var options: SourceOptions

        nonisolated func run() async throws { try await options.program().run() }
    }

    struct Enrol: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Gets this machine's certificate from the cluster.")
        @OptionGroup var options: SourceOptions
        @Argument(help: "The token that the cluster showed.")
        var token: String

        nonisolated func run() async throws { try await options.program().enrol(token: token) }
    }

    struct Status: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "How the running source stands, as JSON.")
        @OptionGroup var options: SourceOptions

        nonisolated func run() throws { print(try options.program().ask("status")) }
    }

    struct Cut: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Makes a point over all volumes.")
        @OptionGroup var options: SourceOptions

        nonisolated func run() throws { print(try options.program().ask("cut")) }
    }

    struct Bookmark: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Makes a point with a text.")
        @OptionGroup var options: SourceOptions
        @Argument(help: "At most 500 bytes.")
        var text: String

        nonisolated func run() throws { print(try options.program().ask("bookmark \(text)")) }
    }
}
