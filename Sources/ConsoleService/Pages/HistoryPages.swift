import APIProtocol
import Hummingbird

/// What was.
enum HistoryPages {
    static let routes = [live("failovers", .failovers), live("events", .events)]

    /// A page that is one live part.
    private static func live(_ name: String, _ entry: Navigation) -> PageRoute {
        PageRoute.page("/\(name)") { page in
            let picture = try await ClusterPicture(page.upstream, as: page.visitor.asker)
            return page.render(
                name, title: page.words("navigation.\(name)"), navigation: entry,
                [name: page.console.parts.render(name, picture, page.visitor.language)], picture: picture)
        }
    }
}
