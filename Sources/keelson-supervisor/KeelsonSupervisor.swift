import ArgumentParser
import ConfigurationCore
import Glibc
import Linux
import Logging
import SupervisorService

@main struct KeelsonSupervisor: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "keelson-supervisor", abstract: "Starts and watches the daemons of one node.",
        subcommands: [Run.self, Recover.self, Heal.self], defaultSubcommand: Run.self)
}

struct ConfigurationOption: ParsableArguments {
    @Option(name: .customLong("configuration"), help: "The node's configuration file.")
    var path = "/etc/keelson/keelson.toml"

    func read() throws -> NodeConfiguration {
        guard let bytes = try DurableFile.read(path) else {
            throw Refusal("\(path): there is no such file")
        }
        do throws(ConfigurationError) {
            return try NodeConfiguration.parse(String(decoding: bytes, as: UTF8.self))
        } catch {
            throw Refusal("\(path): \(error)")
        }
    }
}

struct Run: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Run until SIGTERM (the default).")

    @OptionGroup var file: ConfigurationOption

    nonisolated func run() throws {
        LoggingSystem.bootstrap(StreamLogHandler.standardError)
        let node = try file.read()
        let supervisor = try Supervisor(
            node, configurationPath: try absolute(file.path), logger: Logger(label: "supervisor"))
        try supervisor.run()
    }

    private func absolute(_ path: String) throws -> String {
        guard let resolved = realpath(path, nil) else {
            throw SystemError(operation: "resolve", subject: path, errno: errno)
        }
        defer { free(resolved) }
        return String(cString: resolved)
    }
}

struct Recover: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Carry the cluster on from this node after its majority is lost for good.")

    @OptionGroup var file: ConfigurationOption
    @Option(help: "Restore this etcd snapshot (absolute path) instead of going on with this node's own data.")
    var snapshot: String?
    @Option(help: "The cluster's name, instead of typing it when asked.")
    var yes: String?

    nonisolated func run() throws {
        let recovery = Recovery(try file.read(), snapshot: snapshot) { print($0) }
        let offer = try recovery.offer()
        for sentence in offer.sentences { print(sentence) }
        if yes == nil { print("Type the cluster's name to go on: ", terminator: "") }
        fflush(nil)
        guard (yes ?? readLine()) == offer.clusterName else {
            throw Refusal("that is not the cluster's name ('\(offer.clusterName)'); nothing was changed")
        }
        try recovery.run()
    }
}

struct Heal: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Compact and defragment an etcd that has used up its quota (run by the supervisor itself).",
        shouldDisplay: false)

    @OptionGroup var file: ConfigurationOption

    nonisolated func run() throws {
        try SpaceHealer(try file.read()) { print($0) }.run()
    }
}

/// One sentence for the operator; nothing was changed.
struct Refusal: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}
