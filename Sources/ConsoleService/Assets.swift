import Crypto
import HTTPTypes
import Hummingbird
import NIOCore
import Primitives

/// Style sheet, script and icon: their names carry their digest, so that a browser keeps them for ever and still gets
/// a new version at once.
enum Assets {
    struct Asset: Sendable {
        let path: String
        let type: String
        let bytes: [UInt8]
    }

    static let style = asset("console", "css", "text/css; charset=utf-8", PackageResources.console_css)
    static let script = asset("console", "js", "text/javascript; charset=utf-8", PackageResources.console_js)
    static let icon = asset("keelson", "svg", "image/svg+xml", PackageResources.keelson_svg)

    static let all = [style, script, icon]

    private static func asset(_ name: String, _ ending: String, _ type: String, _ bytes: [UInt8]) -> Asset {
        let digest = Hexadecimal.text(Array(SHA256.hash(data: bytes).prefix(6)))
        return Asset(path: "/assets/\(name)-\(digest).\(ending)", type: type, bytes: bytes)
    }

    static func response(_ asset: Asset) -> Response {
        Response(
            status: .ok,
            headers: [.contentType: asset.type, .cacheControl: "public, max-age=31536000, immutable"],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: asset.bytes)))
    }
}
