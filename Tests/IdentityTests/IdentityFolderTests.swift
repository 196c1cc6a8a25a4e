import Foundation
import Identity
import JoinCore
import Primitives
import Testing

@Suite struct IdentityFolderTests {
    /// Runs the body with a folder that does not exist yet, and removes it afterwards.
    private func withFolder(_ body: (IdentityFolder) throws -> Void) throws {
        let base = FileManager.default.temporaryDirectory.appendingPathComponent("keelson-\(UUID().uuidString)")
        defer {
            do { try FileManager.default.removeItem(at: base) } catch { Issue.record(error) }
        }
        try FileManager.default.createDirectory(at: base, withIntermediateDirectories: true)
        try body(IdentityFolder(path: base.appendingPathComponent("identity").path))
    }

    @Test func theKeyIsMadeOnce() throws {
        try withFolder { folder in
            let first = try folder.loadOrCreateKey()
            #expect(try folder.loadOrCreateKey().node == first.node)
            let attributes = try FileManager.default.attributesOfItem(atPath: folder.keyPath)
            #expect(attributes[.posixPermissions] as? Int == 0o600)
        }
    }

    @Test func aDamagedKeyIsNotReplaced() throws {
        try withFolder { folder in
            _ = try folder.loadOrCreateKey()
            try Data("no key".utf8).write(to: URL(fileURLWithPath: folder.keyPath))
            #expect(throws: IdentityError.self) { try folder.loadOrCreateKey() }
            #expect(try Data(contentsOf: URL(fileURLWithPath: folder.keyPath)) == Data("no key".utf8))
        }
    }

    @Test func wholeIdentityRoundTrips() throws {
        try withFolder { folder in
            let key = try folder.loadOrCreateKey()
            #expect(throws: IdentityError.missing(path: folder.certificatePath)) { try folder.load() }
            #expect(try folder.loadAuthority()?.keyPEM == nil)
            let authority = try CertificateAuthority(clusterName: "demo", at: Fixture.now)
            try folder.install(authority)
            let certificate = try authority.issue(
                to: ProvenPublicKey(key), name: "n1", addresses: [Fixture.address], at: Fixture.now)
            try folder.install(certificate, trust: authority.trust)
            #expect(try folder.load().node == key.node)
            #expect(try folder.loadAuthority()?.trust.fingerprint == authority.trust.fingerprint)
        }
    }
}
