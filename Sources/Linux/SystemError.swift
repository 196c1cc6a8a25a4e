import Glibc

/// A call of the operating system that failed: what was tried, on what, and the number that the kernel gave.
public struct SystemError: Error, Equatable, Sendable {
    /// A verb, as in "cannot OPEN".
    public let operation: String
    /// A path, an interface, an address: what the operation was about.
    public let subject: String
    /// errno(3).
    public let errno: Int32

    public init(operation: String, subject: String, errno: Int32) {
        self.operation = operation
        self.subject = subject
        self.errno = errno
    }
}

extension SystemError: CustomStringConvertible {
    /// One sentence, for example "cannot open /etc/keelson.toml: No such file or directory (errno 2)".
    public var description: String {
        var buffer = [CChar](repeating: 0, count: 128)
        let isKnown = strerror_r(errno, &buffer, buffer.count) == 0
        let text = String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        let reason = isKnown ? text : "unknown error"
        return "cannot \(operation)\(subject.isEmpty ? "" : " ")\(subject): \(reason) (errno \(errno))"
    }
}
