import ArgumentParser
import FirstBootCore
import FirstBootService

/// `keelson-firstboot --configuration PATH`: gives a node that nobody configured its name and address.
@main struct FirstBootProgram: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "keelson-firstboot",
        abstract: "Waits for the network and writes the first configuration of this node.")

    @Option(help: "The node's configuration file; one that is there already is left alone.")
    var configuration = "/etc/keelson/keelson.toml"

    nonisolated func run() throws {
        guard let place = try FirstBoot.run(path: configuration) else {
            print("\(configuration) is there already; nothing was changed")
            return
        }
        print("\(configuration): node \(place.name), \(place.address) on \(place.interface)")
    }
}
