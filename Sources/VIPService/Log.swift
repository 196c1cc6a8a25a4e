import Glibc

/// One line to standard error, which the supervisor keeps. The only logging of a program without Foundation.
public enum Log {
    /// Writes the line with the program's name before it, in one write, so that lines never mix.
    public static func line(_ text: String) {
        let bytes = Array("keelson-vipd: \(text)\n".utf8)
        // Nobody is left to be told when the log itself fails.
        _ = write(STDERR_FILENO, bytes, bytes.count)
    }
}
