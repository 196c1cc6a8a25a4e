import Identity
import JoinCore
import Primitives

/// A certificate and its key come from an administrator's browser, a certificate request from a node that nobody knows
/// yet: reading them must never trap, and what was taken must be usable. The first byte says what follows: `w` both as
/// they are uploaded, with a zero byte between; `c`, `k` and `r` the bytes of one certificate, key or request, which are
/// put into PEM here, so that the fuzzer reaches what is inside.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzUpload(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let input = Array(UnsafeBufferPointer(start: bytes, count: count))
    let rest = input.dropFirst()
    switch input.first {
    case UInt8(ascii: "w"):
        let parts = rest.split(separator: 0, maxSplits: 1, omittingEmptySubsequences: false)
            .map { String(decoding: $0, as: UTF8.self) }
        checkWeb(certificates: parts[0], key: parts.count > 1 ? parts[1] : "")
    case UInt8(ascii: "c"): checkWeb(certificates: pem("CERTIFICATE", rest), key: good.key)
    case UInt8(ascii: "k"): checkWeb(certificates: good.certificates, key: pem("PRIVATE KEY", rest))
    case UInt8(ascii: "r"): checkRequest(pem("CERTIFICATE REQUEST", rest))
    default: checkRequest(String(decoding: input, as: UTF8.self))
    }
    return 0
}

private func pem(_ type: String, _ bytes: ArraySlice<UInt8>) -> String {
    var text: [UInt8] = []
    Base64.append(bytes, to: &text)
    return "-----BEGIN \(type)-----\n\(String(decoding: text, as: UTF8.self))\n-----END \(type)-----\n"
}

/// Within the life of the seeds' certificates.
private let now = WallTime(secondsSince1970: 1_800_000_000)

private let good: WebIdentity = {
    do {
        return try CertificateAuthority(clusterName: "fuzz", at: now).issueWeb(names: ["fuzz"], addresses: [], at: now)
    } catch { preconditionFailure("\(error)") }
}()

private func checkWeb(certificates: String, key: String) {
    let web: WebIdentity
    do throws(WebIdentityProblem) { web = try WebIdentity(certificates: certificates, key: key, at: now) } catch {
        return
    }
    do {
        _ = try web.serverTLS()
        let (facts, isRenewed) = (try web.facts(), try web.needsRenewal(for: [], at: now))
        precondition(!facts.fingerprint.isEmpty, "a certificate without a fingerprint")
        precondition(!isRenewed, "somebody else's certificate would be renewed")
    } catch {
        preconditionFailure("what was taken cannot be used: \(error)")
    }
}

private func checkRequest(_ pem: String) {
    do throws(IdentityError) {
        let owner = try ProvenPublicKey(certificateRequest: pem)
        precondition(!owner.der.isEmpty, "a proven key without bytes")
    } catch {
        precondition(!"\(error)".isEmpty, "a refusal without a sentence")
    }
}
