import Texts

/// What the API answers when it does not do what was asked; nothing has changed then, unless the code says that the
/// outcome is unknown (`timedOut`).
public struct APIError: Error, Codable, Equatable, Sendable {
    public var code: APIErrorCode
    /// The field of the request or of the answer file that is wrong, as `cluster.vip`.
    public var field: String?
    /// One English sentence.
    public var message: String
    /// What the sentence is filled with, for other languages.
    public var parameters: [String: String]

    /// The message is the catalogue's English sentence of the code.
    public init(_ code: APIErrorCode, field: String? = nil, _ parameters: [String: String] = [:]) {
        self.code = code
        self.field = field
        self.parameters = parameters
        self.message = Self.sentence(code, field: field, parameters: parameters, language: .english) ?? code.rawValue
    }

    /// The master's user API answers at `url`, its node API at `peer`.
    public static func notMaster(url: String, peer: String? = nil) -> APIError {
        APIError(.notMaster, peer.map { ["url": url, "peer": $0] } ?? ["url": url])
    }

    /// A value that is not acceptable, with an English reason (a clause, as "must be 1 to 500").
    public static func invalid(_ field: String, _ reason: String) -> APIError {
        APIError(.invalidValue, field: field, ["reason": reason])
    }

    /// As `invalid(_:_:)`, with a clause that every language has.
    /// - Parameters:
    ///   - clause: its key in the catalogue, after `reason.`.
    ///   - parameters: what the clause is filled with.
    public static func invalid(
        _ field: String, clause: String, _ parameters: [String: String] = [:]
    ) -> APIError {
        var filling = parameters
        filling["reason.key"] = "reason.\(clause)"
        filling["reason"] = Catalogue.sentence("reason.\(clause)", parameters, .english) ?? clause
        return APIError(.invalidValue, field: field, filling)
    }

    /// The sentence in another language; the English message when the catalogue does not know the code.
    public func sentence(in language: Language) -> String {
        Self.sentence(code, field: field, parameters: parameters, language: language) ?? message
    }

    private static func sentence(
        _ code: APIErrorCode, field: String?, parameters: [String: String], language: Language
    ) -> String? {
        var filling = parameters
        filling["field"] = field ?? filling["field"] ?? "?"
        return Catalogue.sentence("error.\(code.rawValue)", filling, language)
    }
}

extension APIError: CustomStringConvertible {
    public var description: String { message }
}
