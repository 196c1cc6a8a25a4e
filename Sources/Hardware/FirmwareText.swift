/// Tells what a vendor wrote into a machine from what it forgot to replace.
enum FirmwareText {
    /// Whole values that many different machines have, in lower case.
    private static let fillers: Set<String> = [
        "to be filled by o.e.m.", "to be filled by oem", "o.e.m.", "oem", "default string", "default", "none",
        "not specified", "not available", "not applicable", "n/a", "na", "unknown", "undefined", "invalid", "empty",
        "system serial number", "base board serial number", "board serial number", "chassis serial number",
        "serial number", "serial", "0123456789", "1234567890", "123456789", "12345678", "012345678",
        "03000200-0400-0500-0006-000700080009", "12345678-1234-5678-90ab-cddeefaabbcc",
    ]

    /// - Returns: nil for what says nothing: a filler, one digit repeated, or less than four characters.
    static func meaningful(_ text: String?) -> String? {
        guard let text else { return nil }
        let plain = text.lowercased()
        guard !fillers.contains(plain), plain.utf8.count >= 4 else { return nil }
        let signs = Set(plain.unicodeScalars.filter { $0 != "-" && $0 != "." && $0 != " " && $0 != ":" })
        // Twice the same sign and more, as 00000000-0000-… and FFFF….
        return signs.count > 1 ? text : nil
    }
}
