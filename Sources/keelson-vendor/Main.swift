import ArgumentParser

/// The vendor's tool. It never goes onto an appliance.
@main
struct Vendor: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "keelson-vendor", abstract: "Makes signing keys and issues licenses.",
        subcommands: [CreateKey.self, PublicKeys.self, Issue.self, Inspect.self])
}
