import APIProtocol

/// What somebody offers to prove who it is.
public struct Proof: Sendable {
    public var password: String
    public var code: String?

    public init(password: String, code: String? = nil) {
        self.password = password
        self.code = code
    }
}

/// What a proof is worth.
public enum Verdict: Equatable, Sendable {
    /// The person as it is to be kept now: a code is spent.
    case accepted(Person)
    /// The password is right, a second factor is set up and was not offered.
    case codeNeeded
    case refused
}

/// The seam for other ways to prove who one is (keys in the browser, a directory, another identity provider): whoever
/// judges proofs is one of these, and everything after it stays the same.
public protocol Authenticator: Sendable {
    /// Takes its time: not for a thread that others wait for.
    ///
    /// - Parameter person: nil when nobody has the name; the answer must then take as long as any other.
    func judge(_ proof: Proof, of person: Person?, at now: Timestamp) throws -> Verdict
}

/// A password, and a code of an authenticator where one is set up, checked against the cluster's own records.
public struct LocalAuthenticator: Authenticator {
    private let decoy: PasswordHash

    /// - Parameter parameters: what the check of an unknown name costs.
    public init(parameters: PasswordHash.Parameters = .current) { decoy = .decoy(parameters) }

    public func judge(_ proof: Proof, of person: Person?, at now: Timestamp) throws -> Verdict {
        let isRight = try (person?.password ?? decoy).admits(proof.password)
        guard var person, isRight, !person.disabled else { return .refused }
        if let factor = person.secondFactor {
            guard let code = proof.code else { return .codeNeeded }
            guard let spent = Self.spend(code, of: factor, at: now) else { return .refused }
            person.secondFactor = spent
        }
        return .accepted(person)
    }

    private static func spend(
        _ code: String, of factor: Person.SecondFactor, at now: Timestamp
    ) -> Person.SecondFactor? {
        var factor = factor
        if let secret = Base32.bytes(factor.secret),
            let step = TimeCode(secret: secret).step(of: code, at: now, after: factor.lastStep)
        {
            factor.lastStep = step
            return factor
        }
        guard let left = RecoveryCodes.spend(code, of: factor.recoveryCodes) else { return nil }
        factor.recoveryCodes = left
        return factor
    }
}
