import APIProtocol
import Hummingbird
import NIOCore
import Texts

/// What support needs: the list first, then the bundle.
enum SupportPages {
    static let routes = [
        PageRoute.page("/support") { page in
            let items = try await page.upstream.get(
                .supportContents, as: page.visitor.asker, of: ItemList<BundleItem>.self
            ).items
            return page.render(
                "support", title: page.words("navigation.support"), navigation: .settings,
                [
                    "items": items.map { item -> Fields in
                        [
                            "name": item.name, "bytes": Figures.bytes(UInt64(max(0, item.bytes))),
                            "what": Catalogue.template("bundle.\(item.kind)", page.visitor.language) ?? item.what,
                        ]
                    }
                ])
        },
        PageRoute.page("/support/bundle") { page in
            let bundle = try await page.upstream.call(.supportBundle, as: page.visitor.asker)
            return Response(
                status: .ok,
                headers: [
                    .contentType: "application/gzip",
                    .contentDisposition: "attachment; filename=\"keelson-support.tar.gz\"",
                ], body: ResponseBody(byteBuffer: ByteBuffer(bytes: bundle)))
        },
    ]
}
