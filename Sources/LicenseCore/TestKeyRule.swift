/// Whether licenses that are signed with a test key count. The build decides, nothing else: no file, no variable and no
/// flag can make a release accept them.
public enum TestKeyRule {
    #if DEBUG
        public static let acceptsTestKeys = true
    #else
        public static let acceptsTestKeys = false
    #endif
}
