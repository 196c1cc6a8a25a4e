import Glibc
import Linux
import PacketProtocol

/// Why a request to the kernel over netlink was not carried out.
public enum NetlinkError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The kernel refused: what was asked, errno, and the kernel's own words if it had any.
    case refused(request: String, errno: Int32, reason: String?)
    /// The socket failed.
    case system(SystemError)
    /// The kernel's answer could not be read.
    case format(NetlinkFormatError)
    /// The kernel did not answer the request.
    case noAnswer(request: String)

    public var description: String {
        switch self {
        case .refused(let request, let errno, let reason):
            let words = reason.map { ": \($0)" } ?? ""
            return SystemError(operation: request, subject: "", errno: errno).description + words
        case .system(let error): return error.description
        case .format(let error): return error.description
        case .noAnswer(let request): return "the kernel did not answer: \(request)"
        }
    }

    /// Of a refusal by the kernel, for callers that expect one of them.
    public var errno: Int32? {
        switch self {
        case .refused(_, let errno, _): errno
        case .system(let error): error.errno
        case .format, .noAnswer: nil
        }
    }
}
