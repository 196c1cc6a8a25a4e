/// What a password must be (NIST SP 800-63B, section 5.1.1.2): long enough, not the user's name, not one that everybody
/// tries first. No rules about kinds of characters: they make passwords worse.
public enum PasswordRules {
    public enum Problem: String, Sendable, CaseIterable {
        case tooShort, tooLong, isName, tooCommon
    }

    /// Unicode scalars.
    public static let length = 12...128

    /// - Returns: nil when the password may be used.
    public static func problem(_ password: String, name: String) -> Problem? {
        let count = password.unicodeScalars.count
        if count < length.lowerBound { return .tooShort }
        if count > length.upperBound { return .tooLong }
        let plain = password.lowercased()
        if !name.isEmpty, repeats(plain, name.lowercased()) { return .isName }
        return isCommon(plain) ? .tooCommon : nil
    }

    /// The word once or again and again, perhaps with something short behind it.
    private static func repeats(_ text: String, _ word: String) -> Bool {
        var rest = Substring(text)
        guard rest.hasPrefix(word) else { return false }
        while rest.hasPrefix(word) { rest = rest.dropFirst(word.count) }
        return rest.count < 5
    }

    private static func isCommon(_ text: String) -> Bool {
        if Set(text).count < 4 { return true }
        if common.contains(where: { repeats(text, $0) }) { return true }
        return rows.contains { $0.contains(text) }
    }

    /// The words at the head of every published list, and ours.
    private static let common = [
        "password", "passw0rd", "p@ssw0rd", "p@ssword", "passwort", "administrator", "admin", "root", "welcome",
        "letmein", "changeme", "iloveyou", "monkey", "dragon", "football", "baseball", "superman", "sunshine",
        "princess", "qwerty", "qwertz", "azerty", "abc123", "123abc", "1q2w3e4r", "1qaz2wsx", "zaq12wsx", "asdfgh",
        "trustno1", "default", "secret", "test", "keelson", "appliance", "correcthorsebatterystaple",
        "correct horse battery staple",
    ]

    /// Walks along a keyboard, an alphabet, the digits; there and back.
    private static let rows: [String] = [
        "qwertyuiopasdfghjklzxcvbnmqwertyuiop", "qwertzuiopasdfghjklyxcvbnm", "abcdefghijklmnopqrstuvwxyz",
        "01234567890123456789012345678901234567890123456789", "1234567890qwertyuiop", "1q2w3e4r5t6y7u8i9o0p",
        "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik",
    ].flatMap { [$0, String($0.reversed())] }
}
