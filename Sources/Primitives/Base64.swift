/// RFC 4648, section 4, with padding: how etcd's gateway writes keys and values, and how a license is written. Every
/// renewal goes through here, so it works on buffers: about a nanosecond for a byte.
public enum Base64 {
    private static let digits: StaticString = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

    public static func append(_ bytes: some Collection<UInt8>, to text: inout [UInt8]) {
        let isDone: Void? = bytes.withContiguousStorageIfAvailable { append($0, to: &text) }
        if isDone == nil { Array(bytes).withUnsafeBufferPointer { append($0, to: &text) } }
    }

    private static func append(_ bytes: UnsafeBufferPointer<UInt8>, to text: inout [UInt8]) {
        let start = text.count
        text.append(contentsOf: repeatElement(UInt8(ascii: "="), count: (bytes.count + 2) / 3 * 4))
        text.withUnsafeMutableBufferPointer { text in
            let digits = Self.digits.utf8Start
            var at = start
            var index = 0
            while index < bytes.count {
                let count = min(3, bytes.count - index)
                var group = UInt32(bytes[index]) << 16
                if count > 1 { group |= UInt32(bytes[index + 1]) << 8 }
                if count > 2 { group |= UInt32(bytes[index + 2]) }
                text[at] = digits[Int(group >> 18)]
                text[at + 1] = digits[Int(group >> 12 & 63)]
                if count > 1 { text[at + 2] = digits[Int(group >> 6 & 63)] }
                if count > 2 { text[at + 3] = digits[Int(group & 63)] }
                index += 3
                at += 4
            }
        }
    }

    /// - Returns: nil for anything but whole groups of four digits, the last one perhaps with padding.
    public static func decode(_ text: some Collection<UInt8>) -> [UInt8]? {
        if let result = text.withContiguousStorageIfAvailable({ decode($0) }) { return result }
        return Array(text).withUnsafeBufferPointer { decode($0) }
    }

    private static func decode(_ text: UnsafeBufferPointer<UInt8>) -> [UInt8]? {
        guard text.count % 4 == 0 else { return nil }
        guard let last = text.last else { return [] }
        let padding = last != UInt8(ascii: "=") ? 0 : text[text.count - 2] != UInt8(ascii: "=") ? 1 : 2
        var isValid = true
        let bytes = [UInt8](unsafeUninitializedCapacity: text.count / 4 * 3) { bytes, count in
            for group in 0..<(text.count / 4) {
                var value: UInt32 = 0
                for index in (group * 4)..<(group * 4 + 4) {
                    let sextet = index < text.count - padding ? Self.value(of: text[index]) : 0
                    if sextet > 63 { isValid = false }
                    value = value << 6 | sextet
                }
                bytes[group * 3] = UInt8(truncatingIfNeeded: value >> 16)
                bytes[group * 3 + 1] = UInt8(truncatingIfNeeded: value >> 8)
                bytes[group * 3 + 2] = UInt8(truncatingIfNeeded: value)
            }
            count = text.count / 4 * 3 - padding
        }
        return isValid ? bytes : nil
    }

    /// 64 and more for what is no digit.
    private static func value(of digit: UInt8) -> UInt32 {
        switch digit {
        case 65...90: UInt32(digit) - 65
        case 97...122: UInt32(digit) - 71
        case 48...57: UInt32(digit) + 4
        case 43: 62
        case 47: 63
        default: 0xFF
        }
    }
}
