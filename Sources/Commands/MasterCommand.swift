import APIProtocol
import ArgumentParser
import Primitives
import Texts

struct MasterCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "master", abstract: "Shows the master, or hands over to another node.",
        subcommands: [Show.self, Switch.self])

    struct Show: SessionCommand {
        static let configuration = CommandConfiguration(
            abstract: "Shows who is master, as the asked node knows it.")

        @OptionGroup var options: GlobalOptions

        func perform(_ session: Session) async throws {
            let answer: MasterAnswer = try await session.client.call(.master)
            let status: ClusterStatus? = answer.isSelf ? nil : try await session.client.call(.status)
            try session.show(answer) {
                let name = answer.isSelf ? answer.name : status?.master?.name
                return [
                    name.map { session.text("master.is", ["name": $0, "epoch": answer.epoch]) }
                        ?? session.text("status.noMaster")
                ]
            }
        }
    }

    struct Switch: SessionCommand {
        static let configuration = CommandConfiguration(
            abstract: "Hands mastership over, by plan and without a fault.",
            discussion: "With --wait, also waits until the new master holds the virtual address.")

        @Option(help: "Identity or name of the new master; without, the nodes decide.") var to: String?
        @OptionGroup var options: GlobalOptions

        func perform(_ session: Session) async throws {
            let answer: SwitchAnswer = try await session.client.call(.switchMaster, body: SwitchRequest(to: to))
            if let seconds = session.wait {
                try await session.poll(seconds: seconds) {
                    let status: ClusterStatus = try await session.client.call(.status)
                    return status.master?.node == answer.to && status.vip.holder == answer.to ? () : nil
                }
            }
            try session.show(answer) {
                [
                    session.text(
                        "master.switched",
                        [
                            "from": answer.from.text, "to": answer.to.text, "epoch": answer.epoch,
                            "time": Figures.decimal(answer.milliseconds),
                        ])
                ]
            }
        }
    }
}
