import APIProtocol
import FoundationEssentials
import Glibc
import LicenseCore
import LicenseProtocol
import Linux
import Primitives

/// Asks this node's license validator. Each question has a connection of its own; nothing here retries: whoever asks
/// goes on with the last answer.
struct LicenseLink: Sendable {
    private static let patience = Span.seconds(2)

    let path: String

    func hardware() async throws -> HardwarePrint {
        guard let print = try await ask(.hardware).hardware else { throw APIError(.validatorSilent) }
        return print
    }

    /// - Throws: `licenseRefused` with the field `text`, or `validatorSilent`.
    func judge(_ text: String, _ facts: LicenseState.Facts) async throws -> JudgedLicense {
        let answer = try await ask(.judge(text, facts))
        if let refused = answer.refused { throw refused }
        guard let license = answer.license, let key = answer.keyID, let judgement = answer.judgement else {
            throw APIError(.validatorSilent)
        }
        return JudgedLicense(text: text, license: license, keyID: key, judgement: judgement)
    }

    private func ask(_ request: ValidatorRequest) async throws -> ValidatorAnswer {
        let path = path
        return try await BlockingWork.run {
            do { return try Self.exchange(request, at: path) } catch is SystemError {
                throw APIError(.validatorSilent)  // Not there, or gone in the middle: for who asks it is the same.
            }
        }
    }

    private static func exchange(_ request: ValidatorRequest, at path: String) throws -> ValidatorAnswer {
        let deadline = BootClock.now + patience
        let descriptor = try UnixSocket.connect(path, kind: .stream)
        try send(try JSONDocument.encode(request) + [UInt8(ascii: "\n")], to: descriptor, until: deadline)
        var lines = MessageLines(limit: ValidatorRequest.longestLine)
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while try Poller.waitReadable(descriptor, until: deadline) {
            guard case .bytes(let count) = try descriptor.receive(into: &buffer) else { break }
            lines.append(buffer[..<count])
            if let line = try lines.next() { return try JSONDocument.decode(ValidatorAnswer.self, from: line) }
        }
        throw APIError(.validatorSilent)
    }

    /// A license and the prints of many nodes are more than a socket takes at once.
    private static func send(
        _ bytes: [UInt8], to descriptor: borrowing OwnedDescriptor, until deadline: Instant
    ) throws {
        var sent = 0
        while sent < bytes.count {
            let count = try bytes.withUnsafeBytes { try descriptor.send(UnsafeRawBufferPointer(rebasing: $0[sent...])) }
            sent += count ?? 0
            guard sent < bytes.count else { return }
            var set = [pollfd(fd: descriptor.raw, events: Int16(POLLOUT), revents: 0)]
            guard try Poller.wait(&set, until: deadline) > 0 else { throw APIError(.validatorSilent) }
        }
    }
}

/// A license that the validator has read, and what it said.
struct JudgedLicense: Equatable, Sendable {
    let text: String
    let license: LicenseInfo
    let keyID: String
    let judgement: LicenseJudgement

    var inspection: LicenseInspection {
        LicenseInspection(
            license: license, keyID: keyID, phase: judgement.phase, until: judgement.until,
            warnings: judgement.warnings, allowsAdditions: judgement.allowsAdditions, refusal: judgement.refusal)
    }
}
