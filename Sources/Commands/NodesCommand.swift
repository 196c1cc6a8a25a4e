import APIProtocol
import ArgumentParser
import MembershipCore
import Primitives

struct NodesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "nodes", abstract: "Shows, adds, removes and replaces nodes.",
        subcommands: [
            List.self, Pending.self, Approve.self, Reject.self, Remove.self, Replace.self, JoinTokenCommand.self,
            Rack.self,
            Drain.self, Undrain.self, Locate.self,
        ])

    struct List: SessionCommand {
        static let configuration = CommandConfiguration(abstract: "Lists the cluster's nodes; the master has a star.")

        @OptionGroup var options: GlobalOptions

        func perform(_ session: Session) async throws {
            let nodes: ItemList<NodeStatus> = try await session.client.call(.nodes)
            try session.show(nodes) { NodesView(nodes: nodes.items, session: session).lines }
        }
    }

    struct Pending: SessionCommand {
        static let configuration = CommandConfiguration(abstract: "Lists the nodes that wait for approval.")

        @OptionGroup var options: GlobalOptions

        func perform(_ session: Session) async throws {
            let nodes: ItemList<PendingNode> = try await session.client.call(.pendingNodes)
            try session.show(nodes) {
                guard !nodes.items.isEmpty else { return [session.text("nodes.nonePending")] }
                let columns = ["id", "name", "address", "role", "code", "since"]
                return Table.lines(
                    header: columns.map { session.text("column.\($0)") },
                    rows: nodes.items.map {
                        [
                            $0.id.text, $0.name, $0.address.description, session.text("role.\($0.role.rawValue)"),
                            $0.code, $0.since.description,
                        ]
                    })
            }
        }
    }

    struct Approve: SessionCommand {
        static let configuration = CommandConfiguration(
            abstract: "Lets a waiting node join.", discussion: "With --wait, waits until it is online.")

        @Argument(help: "Identity or name of the waiting node.") var node: String
        @Option(help: "The six digits that the node shows.") var code: String
        @OptionGroup var options: GlobalOptions

        func perform(_ session: Session) async throws {
            let id = try await session.pendingNode(node)
            try await session.client.call(.approve, id.text, body: Approval(code: code))
            if let seconds = session.wait { try await session.waitUntilOnline(id, seconds: seconds) }
            try session.done("nodes.approved", ["node": node])
        }
    }

    struct Reject: SessionCommand {
        static let configuration = CommandConfiguration(abstract: "Sends a waiting node away.")

        @Argument(help: "Identity or name of the waiting node.") var node: String
        @OptionGroup var options: GlobalOptions

        func perform(_ session: Session) async throws {
            let id = try await session.pendingNode(node)
            try await session.client.call(.reject, id.text)
            try session.done("nodes.rejected", ["node": node])
        }
    }

    struct Remove: SessionCommand {
        static let configuration = CommandConfiguration(
            abstract: "Takes a node out of the cluster.", discussion: "With --wait, waits until it is gone.")

        @Argument(help: "Identity or name of the node.") var node: String
        @OptionGroup var options: GlobalOptions

        func perform(_ session: Session) async throws {
            let id = try await session.member(node)
            if let held = try await session.client.callHeld(.removeNode, id.text) {
                return try session.show(held: held)
            }
            if let seconds = session.wait {
                try await session.poll(seconds: seconds) {
                    let nodes: ItemList<NodeStatus> = try await session.client.call(.nodes)
                    return nodes.items.contains { $0.id == id } ? nil : ()
                }
            }
            try session.done("nodes.removed", ["node": node])
        }
    }

    struct Replace: SessionCommand {
        static let configuration = CommandConfiguration(
            abstract: "Puts another member, a spare as a rule, in the place of a dead one.",
            discussion: "With --wait, waits until the new one is online.")

        @Argument(help: "Identity or name of the dead node.") var dead: String
        @Argument(help: "Identity or name of the waiting node or spare.") var by: String
        @OptionGroup var options: GlobalOptions

        func perform(_ session: Session) async throws {
            let old = try await session.member(dead)
            let new = try await session.pendingOrMember(by)
            try await session.client.call(.replaceNode, old.text, body: Replacement(by: new))
            if let seconds = session.wait { try await session.waitUntilOnline(new, seconds: seconds) }
            try session.done("nodes.replaced", ["node": dead, "by": by])
        }
    }
}

extension Session {
    /// - Throws: `unknownNode`.
    func member(_ text: String) async throws -> NodeID {
        if let id = NodeID(text) { return id }
        let nodes: ItemList<NodeStatus> = try await client.call(.nodes)
        guard let node = nodes.items.first(where: { $0.name == text }) else {
            throw APIError(.unknownNode, ["node": text])
        }
        return node.id
    }

    /// - Throws: `unknownNode`.
    func pendingNode(_ text: String) async throws -> NodeID {
        if let id = NodeID(text) { return id }
        let nodes: ItemList<PendingNode> = try await client.call(.pendingNodes)
        let named = nodes.items.filter { $0.name == text }
        // Anyone may ask to join under any name: two of a name must be told apart by identity.
        guard named.count == 1 else { throw APIError(.unknownNode, ["node": text]) }
        return named[0].id
    }

    func pendingOrMember(_ text: String) async throws -> NodeID {
        do {
            return try await pendingNode(text)
        } catch let error as APIError where error.code == .unknownNode {
            return try await member(text)
        }
    }

    func waitUntilOnline(_ id: NodeID, seconds: Int) async throws {
        try await poll(seconds: seconds) {
            let nodes: ItemList<NodeStatus> = try await client.call(.nodes)
            return nodes.items.contains { $0.id == id && $0.state == .online } ? () : nil
        }
    }
}
