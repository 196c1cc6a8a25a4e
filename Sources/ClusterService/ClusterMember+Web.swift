import APIProtocol
import ConfigurationCore
import Identity
import JoinCore
import Logging
import MembershipCore
import NIOConcurrencyHelpers
import Primitives

/// The certificate of the virtual address: the master issues it, every node keeps it for its console.
extension ClusterMember {
    /// As master: makes a new one when there is none, when it grows old or when the addresses change.
    func keepWebIdentity(in epoch: Epoch) async {
        repeat {
            do {
                let (settings, web) = (currentSettings, view.withLockedValue { $0.web })
                let addresses = settings.vip.map(\.address)
                if let web, try !web.needsRenewal(for: addresses, at: .now) { continue }
                let name = membership.withLockedValue { $0.clusterName }
                let fresh = try await signer().issueWeb(names: [name], addresses: addresses, at: .now)
                try await store.change([.put(fresh, at: ClusterKeys.web)], by: epoch)
                try await refreshView()
            } catch {
                logger.warning("the certificate of the virtual address waits", metadata: ["error": "\(error)"])
            }
        } while await Pause.survived(.seconds(30))
    }

    func webCertificate() async throws -> WebCertificateInfo {
        guard let web = view.withLockedValue({ $0.web }) else { throw APIError(.noMaster) }
        return try WebCertificateInfo(web)
    }

    func setWebCertificate(_ upload: WebCertificateUpload) async throws -> WebCertificateInfo {
        let epoch = try requireMastership()
        let waiting = try await store.get(WebIdentityRequest.self, at: ClusterKeys.webRequest)
        guard let key = upload.key ?? waiting?.value.key else { throw APIError(.missingField, field: "key") }
        let web: WebIdentity
        do { web = try WebIdentity(certificates: upload.certificates, key: key, at: .now) } catch {
            let isAboutKey = error == .keyUnreadable || error == .keyOfAnother
            throw APIError.invalid(isAboutKey ? "key" : "certificates", clause: "web.\(error.rawValue)")
        }
        try await store.change([.put(web, at: ClusterKeys.web), .delete(ClusterKeys.webRequest)], by: epoch)
        return try await changed(web)
    }

    func resetWebCertificate() async throws -> WebCertificateInfo {
        let epoch = try requireMastership()
        let name = membership.withLockedValue { $0.clusterName }
        let web = try await signer().issueWeb(
            names: [name], addresses: currentSettings.vip.map(\.address), at: .now)
        try await store.change([.put(web, at: ClusterKeys.web)], by: epoch)
        return try await changed(web)
    }

    private func changed(_ web: WebIdentity) async throws -> WebCertificateInfo {
        let info = try WebCertificateInfo(web)
        journal.record(.webCertificateChanged, ["who": "\(Caller.current)", "subject": info.subject])
        try await refreshView()
        return info
    }

    func requestWebCertificate(_ wish: WebCertificateWish) async throws -> WebCertificateRequest {
        let epoch = try requireMastership()
        let request = try WebIdentityRequest(names: wish.names)
        try await store.change([.put(request, at: ClusterKeys.webRequest)], by: epoch)
        return WebCertificateRequest(request: request.request)
    }

    /// The console reads it from its file.
    func followWebIdentity() async throws {
        guard let web = view.withLockedValue({ $0.web }) else { return }
        let path = configuration.webIdentityPath
        try await BlockingWork.run { try WebIdentityFile(path: path).write(web) }
    }
}

extension WebCertificateInfo {
    init(_ web: WebIdentity) throws {
        let facts = try web.facts()
        self.init(
            isOwn: web.isOwn, subject: facts.subject, issuer: facts.issuer, names: facts.names,
            expires: Timestamp(milliseconds: facts.expires.secondsSince1970 * 1_000), fingerprint: facts.fingerprint)
    }
}
