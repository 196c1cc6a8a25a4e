import APIProtocol
import Texts

/// What users send must never trap, must be understood the same twice, and what is refused must say why. The first byte
/// chooses the request; the rest is its body, its path, its Authorization header or a field of it.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzHTTP(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    guard count > 0 else { return 0 }
    let input = Array(UnsafeBufferPointer(start: bytes, count: count))
    let body = Array(input.dropFirst())
    // ASCII chooses among what was there first: the corpus can be read.
    switch input[0] < 128 ? input[0] % 19 : 19 + input[0] % 3 {
    case 0: request(SetupRequest.self, body)
    case 1: request(Approval.self, body)
    case 2: request(Replacement.self, body)
    case 3: request(JoinTokenRequest.self, body)
    case 4: request(JoinRequest.self, body)
    case 5: request(CertificateRequest.self, body)
    case 6: request(SwitchRequest.self, body)
    case 7: request(ConfigurationChange.self, body)
    case 8: request(UserTokenRequest.self, body)
    case 9: request(NodeReport.self, body)
    case 10: header(String(decoding: body, as: UTF8.self))
    case 11: path(String(decoding: body, as: UTF8.self))
    case 12: stamp(String(decoding: body, as: UTF8.self))
    case 13: request(LoginRequest.self, body)
    case 14: request(PasswordChange.self, body)
    case 15: request(NewUser.self, body)
    case 16: request(UserChange.self, body)
    case 17: request(SecuritySettings.self, body)
    case 18: request(AuditNote.self, body)
    case 19: request(SetupDraftChange.self, body)
    case 20: request(SetupChecksRequest.self, body)
    default: request(RackModeChange.self, body)
    }
    return 0
}

private func request<T: Decodable & Validatable & Equatable>(_ type: T.Type, _ body: [UInt8]) {
    do throws(APIError) {
        let value = try StrictJSON.decode(type, from: body)
        let again = try StrictJSON.decode(type, from: body)
        precondition(value == again, "the same body gave two requests")
        try value.validate()
    } catch {
        precondition((400..<500).contains(error.code.status), "\(error.code) blames the server")
        precondition(!error.message.isEmpty && !error.sentence(in: .chinese).isEmpty, "an error without a sentence")
    }
}

private func header(_ text: String) {
    switch Credential(authorization: text) {
    case .token(let token): precondition(UserToken(token.text) == token, "a token that is not read back")
    case .session(let token): precondition(SessionToken(token.text) == token, "a session that is not read back")
    case nil: return
    }
}

private func path(_ text: String) {
    let matching = Endpoint.all.filter { $0.matches(path: Substring(text)) }
    // `/v1/nodes/pending` is also a node named so, for other methods.
    precondition(matching.count <= 3, "\(text) is \(matching.count) endpoints")
}

private func stamp(_ text: String) {
    guard let stamp = Timestamp(text) else { return }
    precondition(stamp.description == text, "\(text) was read as \(stamp)")
}
