import APIProtocol
import CaptureProtocol
import FoundationEssentials
import Glibc
import Linux
import Primitives

/// Asks this node's capture daemon. Each question has a connection of its own; nothing here retries: what must be so is
/// said again by level.
struct CaptureLink: Sendable {
    let path: String
    /// For errors.
    let node: String

    /// - Throws: `captureSilent`; what is refused is an answer.
    func ask(_ request: CaptureRequest) async throws -> CaptureAnswer {
        let (path, silent) = (path, APIError(.captureSilent, ["node": node]))
        return try await BlockingWork.run {
            do {
                guard let answer = try Self.exchange(request, at: path) else { throw silent }
                return answer
            } catch is SystemError {
                throw silent  // Not there, or gone in the middle: for who asks it is the same.
            } catch is MessageTooLong {
                throw silent
            }
        }
    }

    /// - Returns: nil when no whole answer came in time.
    private static func exchange(_ request: CaptureRequest, at path: String) throws -> CaptureAnswer? {
        let deadline = BootClock.now + request.patience
        let descriptor = try UnixSocket.connect(path, kind: .stream)
        guard try send(try JSONDocument.encode(request) + [UInt8(ascii: "\n")], to: descriptor, until: deadline) else {
            return nil
        }
        var lines = MessageLines(limit: CaptureRequest.longestLine)
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while try Poller.waitReadable(descriptor, until: deadline) {
            guard case .bytes(let count) = try descriptor.receive(into: &buffer) else { break }
            lines.append(buffer[..<count])
            if let line = try lines.next() { return try JSONDocument.decode(CaptureAnswer.self, from: line) }
        }
        return nil
    }

    /// - Returns: false when it was not taken in time: many assignments are more than a socket takes at once.
    private static func send(
        _ bytes: [UInt8], to descriptor: borrowing OwnedDescriptor, until deadline: Instant
    ) throws -> Bool {
        var sent = 0
        while sent < bytes.count {
            let count = try bytes.withUnsafeBytes { try descriptor.send(UnsafeRawBufferPointer(rebasing: $0[sent...])) }
            sent += count ?? 0
            guard sent < bytes.count else { break }
            var set = [pollfd(fd: descriptor.raw, events: Int16(POLLOUT), revents: 0)]
            guard try Poller.wait(&set, until: deadline) > 0 else { return false }
        }
        return true
    }
}

extension CaptureRequest {
    /// For the whole exchange.
    var patience: Span {
        switch self {
        case .bookmark, .release, .export, .withdraw, .forget: .seconds(15)
        case .points, .verify, .assign: .seconds(5)
        case .status, .exports, .verification: .seconds(2)
        }
    }
}

extension APIError {
    /// What a capture daemon refused, in the API's words.
    init(_ refusal: CaptureRefusal, by node: String, machine: String) {
        switch refusal.code {
        case .noSuchPoint: self.init(.unknownPoint, ["reason": refusal.description])
        case .noSuchExport: self.init(.unknownExport, ["export": refusal.description])
        case .sourceAway: self.init(.sourceAway, ["machine": machine])
        case .malformed, .unknownMachine, .staleEpoch, .busy, .full, .faulted:
            self.init(
                .captureRefused,
                ["node": node, "reason": refusal.description, "reason.key": "capture.\(refusal.code.rawValue)"])
        }
    }
}
