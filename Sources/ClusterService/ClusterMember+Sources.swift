import APIProtocol
import CaptureProtocol
import Identity
import NIOConcurrencyHelpers
import Primitives
import StreamProtocol

/// How the sources of protected machines prove who they are.
extension ClusterMember {
    /// A source is expected to enrol within so long.
    private static let enrolmentLife = Span.seconds(7 * 86_400)

    func newEnrolment() -> (EnrolmentSecret, EnrolmentRecord) {
        let secret = EnrolmentSecret(idBytes: RandomBytes.make(4), secretBytes: RandomBytes.make(16))
        return (
            secret,
            EnrolmentRecord(secretHash: Self.hash(secret.secret), expires: Timestamp.now.adding(Self.enrolmentLife))
        )
    }

    func shown(_ secret: EnrolmentSecret, _ record: EnrolmentRecord) -> EnrolmentToken {
        EnrolmentToken(
            token: secret.text, expires: record.expires, authorityFingerprint: "\(identity.trust.fingerprint)")
    }

    private static func hash(_ secret: String) -> String { Hexadecimal.text(digest(Array(secret.utf8))) }

    /// Takes the same time for every wrong secret.
    private static func isHash(_ stored: String, of secret: String) -> Bool {
        let (left, right) = (Array(stored.utf8), Array(hash(secret).utf8))
        guard left.count == right.count else { return false }
        return zip(left, right).reduce(into: UInt8(0)) { $0 |= $1.0 ^ $1.1 } == 0
    }

    func renewEnrolment(of id: MachineID) async throws -> EnrolmentToken {
        let epoch = try requireMastership()
        var stored = try await store.machine(id)
        let (secret, enrolment) = newEnrolment()
        stored.value.enrolment = enrolment
        try await store.change(
            [.put(stored.value, at: stored.key)], if: [.unchanged(stored.key, stored.modified)], by: epoch)
        journal.record(
            .tokenCreated, ["who": "\(Caller.current)", "id": stored.value.assignment.name, "role": "source"])
        return shown(secret, enrolment)
    }

    func enrol(_ id: MachineID, _ request: EnrolmentRequest) async throws -> Enrolment {
        let epoch = try requireMastership()
        guard let secret = EnrolmentSecret(request.token),
            var stored = try await store.get(MachineRecord.self, at: ClusterKeys.machine(id)),
            let enrolment = stored.value.enrolment, Self.isHash(enrolment.secretHash, of: secret.secret),
            Timestamp.now < enrolment.expires
        else { throw APIError(.enrolmentRefused) }
        let key = try Self.key(of: request.csr)
        guard enrolment.usedBy == nil || enrolment.usedBy == key.node else { throw APIError(.enrolmentRefused) }
        let token = MachineToken(machineBytes: id.bytes, secretBytes: RandomBytes.make(16))
        stored.value.enrolment?.usedBy = key.node
        stored.value.sourceKey = key.node
        stored.value.tokenHash = Self.hash(token.secret)
        let certificate = try await signer().issueSource(id, to: key, at: .now)
        try await store.change(
            [.put(stored.value, at: stored.key)], if: [.unchanged(stored.key, stored.modified)], by: epoch)
        journal.record(.machineEnrolled, ["machine": stored.value.assignment.name])
        try await refreshView()
        return Enrolment(
            certificate: certificate.pem, authority: identity.trust.pem, machineToken: token.text,
            assignment: stored.value.assignment)
    }

    private static func key(of request: String) throws(APIError) -> ProvenPublicKey {
        do { return try ProvenPublicKey(certificateRequest: request) } catch {
            throw APIError(.malformedCertificateRequest, field: "csr", ["reason": "\(error)"])
        }
    }

    /// From memory; a machine that has just enrolled is looked for in the store.
    func authenticate(_ token: MachineToken) async throws -> MachineID? {
        guard let id = MachineID(token.machine) else { return nil }
        if let known = view.withLockedValue({ $0.machine(id) }), Self.admits(known, token) { return id }
        guard let stored = try await store.get(MachineRecord.self, at: ClusterKeys.machine(id)) else { return nil }
        return Self.admits(stored.value, token) ? id : nil
    }

    private static func admits(_ record: MachineRecord, _ token: MachineToken) -> Bool {
        record.tokenHash.map { isHash($0, of: token.secret) } ?? false
    }

    /// From memory, also without a quorum: a source must find a node.
    func assignment(of id: MachineID) async throws -> StreamAssignment {
        if let known = view.withLockedValue({ $0.machine(id) }) { return known.assignment }
        return try await store.machine(id).value.assignment
    }

    func renewSourceCertificate(of id: MachineID, _ request: CertificateRequest) async throws -> CertificateAnswer {
        let record = try await store.machine(id).value
        let key = try Self.key(of: request.csr)
        // Another key needs another enrolment.
        guard key.node == record.sourceKey else { throw APIError(.enrolmentRefused) }
        let certificate = try await signer().issueSource(id, to: key, at: .now)
        return CertificateAnswer(certificate: certificate.pem, authority: identity.trust.pem)
    }
}

extension MachineID {
    /// 16, as they are written.
    var bytes: [UInt8] {
        [high, low].flatMap { half in (0..<8).map { UInt8(truncatingIfNeeded: half >> (56 - 8 * UInt64($0))) } }
    }
}
