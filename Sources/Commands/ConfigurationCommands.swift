import APIProtocol
import ArgumentParser
import Primitives
import Texts

struct VIPCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "vip", abstract: "Shows or changes the virtual addresses.", subcommands: [Show.self, Set.self])

    struct Show: SessionCommand {
        static let configuration = CommandConfiguration(abstract: "Shows the virtual addresses and who holds them.")

        @OptionGroup var options: GlobalOptions

        func perform(_ session: Session) async throws {
            let status: ClusterStatus = try await session.client.call(.status)
            try session.show(status.vip) {
                let holder = status.vip.holder
                let name = status.nodes.first { $0.id == holder }?.name ?? holder?.text
                return status.vip.addresses.map { address in
                    name.map { session.text("status.vipHeld", ["addresses": address.description, "name": $0]) }
                        ?? session.text("status.vipFree", ["addresses": address.description])
                }
            }
        }
    }

    struct Set: SessionCommand {
        static let configuration = CommandConfiguration(abstract: "Changes the virtual addresses.")

        @Argument(help: "One or two addresses with prefix length, as 10.77.0.50/24.") var addresses: [Subnet]
        @Option(help: "The gateway; without, it stays.") var gateway: IPAddress?
        @OptionGroup var options: GlobalOptions

        func perform(_ session: Session) async throws {
            let changed: ClusterConfiguration = try await session.client.call(
                .changeConfiguration, body: ConfigurationChange(vip: addresses, gateway: gateway))
            try session.show(changed) {
                [session.text("vip.changed", ["addresses": changed.vip.map(\.description).joined(separator: ", ")])]
            }
        }
    }
}

struct ProfileCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "profile", abstract: "Shows or chooses how fast the cluster fails over.",
        subcommands: [Show.self, Set.self])

    struct Show: SessionCommand {
        static let configuration = CommandConfiguration(abstract: "Shows the chosen and the active profile.")

        @OptionGroup var options: GlobalOptions

        func perform(_ session: Session) async throws {
            let status: ClusterStatus = try await session.client.call(.status)
            try session.show(status.profile) {
                [StatusView(status: status, session: session).profile]
                    + (status.profile.reason.map { [Catalogue.clause($0, session.language)] } ?? [])
            }
        }
    }

    struct Set: SessionCommand {
        static let configuration = CommandConfiguration(
            abstract: "Chooses a profile.", discussion: "With --wait, waits until it is active.")

        @Argument(help: "auto follows what the machines hold.") var profile: ProfileChoice
        @OptionGroup var options: GlobalOptions

        func perform(_ session: Session) async throws {
            let changed: ClusterConfiguration = try await session.client.call(
                .changeConfiguration, body: ConfigurationChange(profile: profile))
            if let seconds = session.wait, profile != .auto {
                try await session.poll(seconds: seconds) {
                    let status: ClusterStatus = try await session.client.call(.status)
                    return status.profile.active == profile ? () : nil
                }
            }
            try session.show(changed) { [session.text("profile.changed", ["profile": changed.profile.rawValue])] }
        }
    }
}

extension ProfileChoice: ExpressibleByArgument {}

extension Subnet: ExpressibleByArgument {
    public init?(argument: String) { self.init(argument) }
}

extension IPAddress: ExpressibleByArgument {
    public init?(argument: String) { self.init(argument) }
}
