import Identity
import JoinCore
import Linux

/// Key, certificate, CA and token of a source, in its data folder with mode 0600.
struct SourceFolder {
    let path: String

    private var keyPath: String { path + "/source.key" }
    private var certificatePath: String { path + "/source.crt" }
    private var trustPath: String { path + "/ca.crt" }
    private var tokenPath: String { path + "/token" }

    /// The key, made at the first call: enrolling again after a failure is the same source.
    func key() throws -> NodeKey {
        if let pem = try read(keyPath) { return try NodeKey(pem: pem) }
        let key = NodeKey()
        try write(key.pem, keyPath)
        return key
    }

    func install(certificate: String, authority: String, token: String) throws {
        try write(authority, trustPath)
        try write(token, tokenPath)
        try write(certificate, certificatePath)
    }

    /// - Throws: `SourceError` when the machine has not been enrolled.
    func identity() throws -> (SourceIdentity, token: String) {
        guard let certificate = try read(certificatePath), let authority = try read(trustPath),
            let token = try read(tokenPath), let key = try read(keyPath)
        else { throw SourceError("there is no certificate in \(path): keelson-source enrol comes first") }
        let identity = try SourceIdentity(
            key: NodeKey(pem: key), certificate: SourceCertificate(pem: certificate),
            trust: ClusterTrust(pem: authority))
        return (identity, token)
    }

    private func read(_ file: String) throws -> String? {
        try DurableFile.read(file).map { String(decoding: $0, as: UTF8.self) }
    }

    private func write(_ text: String, _ file: String) throws {
        try DurableFile.makeFolder(path, mode: 0o700)
        try DurableFile.replace(file, with: Array(text.utf8), mode: 0o600)
    }
}
