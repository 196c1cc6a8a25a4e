import APIProtocol
import ArgumentParser
import Primitives
import Texts

/// `keelson events`
struct EventsCommand: SessionCommand {
    static let configuration = CommandConfiguration(
        commandName: "events", abstract: "Shows what happened, oldest first.")

    @Option(help: "Only events after this number.") var after: Int64?
    @Option(name: [.customShort("n"), .long], help: "At most so many, 1 to 1000.") var limit = 50
    @OptionGroup var options: GlobalOptions

    func perform(_ session: Session) async throws {
        var query = [("limit", "\(limit)")]
        if let after { query.append(("after", "\(after)")) }
        let events: ItemList<ClusterEvent> = try await session.client.call(.events, query: query)
        try session.show(events) {
            events.items.map { event in
                let text = Catalogue.sentence("event.\(event.kind)", event.parameters, session.language)
                let level = session.text("level.\(event.level.rawValue)")
                return "\(event.sequence)  \(event.at)  \(level)  \(text ?? event.message)"
            }
        }
    }
}

/// `keelson failovers`
struct FailoversCommand: SessionCommand {
    static let configuration = CommandConfiguration(
        commandName: "failovers", abstract: "Shows the changes of master, latest first, with every phase.")

    @Option(name: [.customShort("n"), .long], help: "At most so many, 1 to 1000.") var limit = 20
    @OptionGroup var options: GlobalOptions

    func perform(_ session: Session) async throws {
        let failovers: ItemList<Failover> = try await session.client.call(
            .failovers, query: [("limit", "\(limit)")])
        try session.show(failovers) {
            let columns = ["time", "epoch", "from", "to", "cause", "detected", "decided", "moved", "ready", "total"]
            return Table.lines(
                header: columns.map { session.text("column.\($0)") },
                rows: failovers.items.map {
                    [
                        $0.at.description, $0.epoch, $0.from?.text ?? "-", $0.to.text,
                        session.text("cause.\($0.cause.rawValue)"), Figures.decimal($0.detectedMilliseconds),
                        Figures.decimal($0.decidedMilliseconds), Figures.decimal($0.vipMovedMilliseconds),
                        Figures.decimal($0.serviceReadyMilliseconds), Figures.decimal($0.totalMilliseconds),
                    ]
                })
        }
    }
}
