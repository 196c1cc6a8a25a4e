/// What this program is a part of.
public enum Product {
    /// The version of this source tree, as in the CHANGELOG.
    public static let version = "0.1.0"
}
