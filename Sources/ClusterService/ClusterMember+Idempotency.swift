import APIProtocol
import Crypto
import Etcd
import Foundation
import Logging
import NIOConcurrencyHelpers
import Primitives

/// Requests that may be sent again: who was first and what was answered is in the store, so it outlives a master.
extension ClusterMember {
    func claim(_ request: IdempotentRequest) async throws -> IdempotencyClaim {
        let epoch = try requireMastership()
        let seal = AnswerSeal(request)
        let key = ClusterKeys.answer(seal.name)
        let known = try await store.get(AnswerRecord.self, at: key)
        var condition = Condition.absent(key)
        if let known {
            guard known.value.at.adding(AnswerRecord.life) < .now else { return try seal.open(known.value) }
            condition = .unchanged(key, known.modified)
        }
        let record = AnswerRecord(at: .now, fingerprint: seal.fingerprint, sealed: nil)
        do {
            return .first(ticket: try await store.change([.put(record, at: key)], if: [condition], by: epoch))
        } catch is ConditionFailed {
            throw APIError(.idempotencyUnfinished)
        }
    }

    /// Not guarded by the epoch but by the claim's own revision: whoever made the claim may answer it, once.
    func settle(_ request: IdempotentRequest, ticket: Int64, _ answer: KeptAnswer?) async {
        let seal = AnswerSeal(request)
        do {
            let record = try answer.map {
                AnswerRecord(at: .now, fingerprint: seal.fingerprint, sealed: try seal.close($0))
            }
            try await store.settle(record, at: ClusterKeys.answer(seal.name), over: ticket)
        } catch {
            logger.warning("the answer to an idempotent request is not kept", metadata: ["error": "\(error)"])
        }
    }

    /// Answers that are too old, and the oldest of too many.
    func trimAnswers(by epoch: Epoch) async throws {
        let all = try await store.list(AnswerRecord.self, under: ClusterKeys.answers)
            .sorted { $0.created < $1.created }
        let now = Timestamp.now
        let surplus = all.dropLast(AnswerRecord.most).map(\.key)
        let expired = all.suffix(AnswerRecord.most).filter { $0.value.at.adding(AnswerRecord.life) < now }.map(\.key)
        var rest = (surplus + expired)[...]
        while !rest.isEmpty {
            // etcd takes 128 operations in a transaction.
            try await store.change(rest.prefix(100).map { .delete($0) }, by: epoch)
            rest = rest.dropFirst(100)
        }
    }
}

/// What the store keeps of an idempotent request.
struct AnswerRecord: Codable, Equatable, Sendable {
    /// So long the same key gives the same answer.
    static let life = Span.seconds(86_400)
    /// The newest of them stay.
    static let most = 1_000

    var at: Timestamp
    var fingerprint: String
    /// Base64; nil while the request is being done, and for ever when the master was lost meanwhile.
    var sealed: String?
}

/// Answers may hold secrets that are shown once, and requests passwords. The store must not hold them in the clear: what
/// it keeps is sealed with the caller's key, of which it has a hash only.
struct AnswerSeal: Sendable {
    /// Under which it is kept.
    let name: String
    /// Equal for equal requests.
    let fingerprint: String
    private let secret: SymmetricKey

    init(_ request: IdempotentRequest) {
        func hash(_ purpose: String) -> [UInt8] {
            Array(
                HMAC<SHA256>.authenticationCode(
                    for: Array("keelson \(purpose)\0\(request.caller)".utf8),
                    using: SymmetricKey(data: Array(request.key.utf8))))
        }
        name = Hexadecimal.text(hash("name"))
        secret = SymmetricKey(data: hash("answer"))
        var code = HMAC<SHA256>(key: SymmetricKey(data: hash("request")))
        code.update(data: Array("\(request.method) \(request.path)\n".utf8))
        code.update(data: request.body)
        fingerprint = Hexadecimal.text(code.finalize())
    }

    func close(_ answer: KeptAnswer) throws -> String {
        let box = try AES.GCM.seal(JSONDocument.encode(answer), using: secret)
        guard let combined = box.combined else { preconditionFailure("the nonce has its usual size") }
        return combined.base64EncodedString()
    }

    /// - Throws: `idempotencyMismatch`, `idempotencyUnfinished`.
    func open(_ record: AnswerRecord) throws -> IdempotencyClaim {
        guard record.fingerprint == fingerprint else { throw APIError(.idempotencyMismatch) }
        guard let sealed = record.sealed else { throw APIError(.idempotencyUnfinished) }
        guard let combined = Data(base64Encoded: sealed) else {
            throw DamagedDocument(key: ClusterKeys.answer(name), reason: "it is not Base64")
        }
        let plain = try AES.GCM.open(AES.GCM.SealedBox(combined: combined), using: secret)
        return .answered(try JSONDocument.decode(KeptAnswer.self, from: Array(plain)))
    }
}
