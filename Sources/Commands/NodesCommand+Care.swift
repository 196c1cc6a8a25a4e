import APIProtocol
import ArgumentParser
import Primitives

extension NodesCommand {
    struct Drain: SessionCommand {
        static let configuration = CommandConfiguration(
            abstract: "Keeps a node from becoming master; a master hands over first.")

        @Argument(help: "Identity or name of the node.") var node: String
        @OptionGroup var options: GlobalOptions

        func perform(_ session: Session) async throws {
            try await session.client.call(.drain, try await session.member(node).text)
            try session.done("nodes.drained", ["node": node])
        }
    }

    struct Undrain: SessionCommand {
        static let configuration = CommandConfiguration(abstract: "Lets a drained node become master again.")

        @Argument(help: "Identity or name of the node.") var node: String
        @OptionGroup var options: GlobalOptions

        func perform(_ session: Session) async throws {
            try await session.client.call(.undrain, try await session.member(node).text)
            try session.done("nodes.undrained", ["node": node])
        }
    }

    struct Locate: SessionCommand {
        static let configuration = CommandConfiguration(
            abstract: "Lets a node's network port blink, or its console tell which one it is.")

        @Argument(help: "Identity or name of the node.") var node: String
        @Option(help: "For so long, 1 to 300.") var seconds = 30
        @OptionGroup var options: GlobalOptions

        func perform(_ session: Session) async throws {
            let id = try await session.member(node)
            try await session.client.call(.locate, id.text, body: LocateRequest(seconds: seconds))
            try session.done("nodes.locating", ["node": node])
        }
    }
}
