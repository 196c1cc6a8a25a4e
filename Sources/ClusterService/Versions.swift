import Glibc
import Primitives

/// What runs on this node, for the status.
enum Versions {
    static let all: [String: String] = ["keelson": Product.version, "kernel": kernel]

    private static var kernel: String {
        var name = utsname()
        guard uname(&name) == 0 else { return "unknown" }
        return withUnsafeBytes(of: &name.release) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    }
}
