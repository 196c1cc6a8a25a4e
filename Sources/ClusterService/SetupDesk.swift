import APIProtocol
import Linux
import NIOConcurrencyHelpers
import Primitives
import SetupCore

/// The files of a node's setup, in `DATA/setup`.
struct SetupFiles: Sendable {
    let folder: String

    init(data: String) { folder = data + "/setup" }

    var code: String { folder + "/code" }
    var sessions: String { folder + "/session" }
    var draft: String { folder + "/draft.json" }

    /// - Returns: nil when there is no such file.
    /// - Throws: `DamagedSetupFile`, `SystemError`.
    func read<Value: Decodable>(_ type: Value.Type, at path: String) throws -> Value? {
        guard let bytes = try DurableFile.read(path) else { return nil }
        do { return try JSONDocument.decode(type, from: bytes) } catch {
            throw DamagedSetupFile(path: path, reason: "\(error)")
        }
    }

    func write(_ value: some Encodable, to path: String) throws {
        try DurableFile.makeFolder(folder, mode: 0o700)
        try DurableFile.replace(path, with: try JSONDocument.encode(value), mode: 0o600)
    }

    /// - Returns: nil when the wizard has left none.
    func sessionsLeft() throws -> SetupSessions? { try read(SetupSessions.self, at: sessions) }

    func remove(_ paths: String...) throws {
        for path in paths { try DurableFile.remove(path) }
    }
}

/// A file of the setup is not what Keelson wrote.
struct DamagedSetupFile: Error, CustomStringConvertible {
    let path: String
    let reason: String
    var description: String { "the file \(path) is damaged: \(reason)" }
}

/// The code, the sessions and the draft of a node that belongs to no cluster yet. What is answered is on the disk.
final class SetupDesk: Sendable {
    private struct Content: Sendable {
        var lock: SetupCodeLock
        var sessions: SetupSessions
        var document: SetupDocument
    }

    let files: SetupFiles
    private let content: NIOLockedValueBox<Content>

    /// Makes the code at the first start.
    init(data: String) throws {
        files = SetupFiles(data: data)
        var random = SystemRandomNumberGenerator()
        let lock: SetupCodeLock
        if let known = try files.read(SetupCodeLock.self, at: files.code) {
            lock = known
        } else {
            lock = SetupCodeLock(random: &random)
            try files.write(lock, to: files.code)
        }
        content = NIOLockedValueBox(
            Content(
                lock: lock, sessions: try files.read(SetupSessions.self, at: files.sessions) ?? SetupSessions(),
                document: try files.read(SetupDocument.self, at: files.draft) ?? SetupDocument()))
    }

    var code: SetupCode { content.withLockedValue { $0.lock.code } }
    var document: SetupDocument { content.withLockedValue { $0.document } }

    func enter(_ code: String) throws -> SetupCodeLock.Outcome {
        try content.withLockedValue { content in
            var random = SystemRandomNumberGenerator()
            var lock = content.lock
            let outcome = lock.enter(code, random: &random)
            if lock != content.lock { try files.write(lock, to: files.code) }
            content.lock = lock
            return outcome
        }
    }

    func openSession(at now: Timestamp) throws -> SetupSession {
        let token = UserToken(idBytes: RandomBytes.make(4), secretBytes: RandomBytes.make(16))
        let hash = Hexadecimal.text(ClusterMember.digest(Array(token.secret.utf8)))
        return try content.withLockedValue { content in
            var sessions = content.sessions
            let session = sessions.open(token, secretHash: hash, at: now)
            try files.write(sessions, to: files.sessions)
            content.sessions = sessions
            return session
        }
    }

    func identity(of token: UserToken, at now: Timestamp) -> UserIdentity? {
        content.withLockedValue { $0.sessions }.identity(of: token, at: now, digest: ClusterMember.digest)
    }

    /// The cluster is about to be there: what is left of the sessions is short.
    func founded(at now: Timestamp) throws {
        try content.withLockedValue { content in
            var sessions = content.sessions
            sessions.founded(at: now)
            if sessions != content.sessions { try files.write(sessions, to: files.sessions) }
            content.sessions = sessions
        }
    }

    /// Changes the draft, all or nothing.
    @discardableResult
    func change<Result>(_ body: (inout SetupDocument) throws -> Result) throws -> Result {
        try content.withLockedValue { content in
            var document = content.document
            let result = try body(&document)
            if document != content.document { try files.write(document, to: files.draft) }
            content.document = document
            return result
        }
    }

    /// Nothing of it is left on a node that joins another cluster.
    func clear() throws { try files.remove(files.code, files.sessions, files.draft) }
}
