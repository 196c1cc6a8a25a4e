import APIProtocol
import Hummingbird

/// How things are.
enum OverviewPages {
    static let routes = [
        PageRoute.page("/") { page in
            let picture = try await ClusterPicture(page.upstream, as: page.visitor.asker)
            let parts = page.console.parts
            return page.render(
                "overview", title: page.words("navigation.overview"), navigation: .overview,
                [
                    "overview": parts.render("overview", picture, page.visitor.language),
                    "recent": parts.render("recent", picture, page.visitor.language),
                ], picture: picture)
        }
    ]
}
