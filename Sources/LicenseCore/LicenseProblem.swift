import APIProtocol
import Texts

/// Why a license is not taken. Each has a sentence in every language.
public enum LicenseProblem: Error, Equatable, Sendable {
    case tooLarge
    case notALicense
    case damaged
    case unknownVersion(Int)
    case unknownKey(String)
    case testKey(String)
    case badSignature
    /// Signed, and not the JSON of a license.
    case badPayload(APIError)
    case badField(String, Reason)
    /// These are about a good license in this cluster at this time.
    case expired(Timestamp)
    case notYetValid(Timestamp)
    case otherHardware(found: Int, needed: Int)
    case tooFewNodes(limit: Int, present: Int)

    /// What is wrong with a field.
    public enum Reason: Equatable, Sendable {
        case range(Int, Int)
        /// At most so many bytes.
        case text(Int)
        case unlessPerpetual
        case notLater
        case tooManyMachines(Int)
        case badParts
        case tooFewParts(Int)

        var text: (key: String, parameters: [String: String]) {
            switch self {
            case .range(let low, let high): ("range", ["low": "\(low)", "high": "\(high)"])
            case .text(let limit): ("text", ["limit": "\(limit)"])
            case .unlessPerpetual: ("unlessPerpetual", [:])
            case .notLater: ("notLater", [:])
            case .tooManyMachines(let limit): ("tooManyMachines", ["limit": "\(limit)"])
            case .badParts: ("badParts", ["digits": "64"])
            case .tooFewParts(let needed): ("tooFewParts", ["needed": "\(needed)"])
            }
        }
    }

    /// The key of the sentence, and what it is filled with.
    public var text: (key: String, parameters: [String: String]) {
        switch self {
        case .tooLarge: ("license.tooLarge", ["limit": "\(LicenseFile.longest / 1_024)"])
        case .notALicense: ("license.notALicense", ["begin": LicenseFile.begin, "end": LicenseFile.end])
        case .damaged: ("license.damaged", [:])
        case .unknownVersion(let version): ("license.unknownVersion", ["version": "\(version)"])
        case .unknownKey(let key): ("license.unknownKey", ["key": key])
        case .testKey(let key): ("license.testKey", ["key": key])
        case .badSignature: ("license.badSignature", [:])
        case .badPayload(let error): ("license.badPayload", Self.detail(error))
        case .badField(let field, let reason):
            (
                "license.badField",
                reason.text.parameters.merging(
                    ["member": field, "reason.key": "license.reason.\(reason.text.key)"], uniquingKeysWith: { $1 })
            )
        case .expired(let time): ("license.expired", ["time": "\(time)"])
        case .notYetValid(let time): ("license.notYetValid", ["time": "\(time)"])
        case .otherHardware(let found, let needed):
            ("license.otherHardware", ["found": "\(found)", "needed": "\(needed)"])
        case .tooFewNodes(let limit, let present):
            ("license.tooFewNodes", ["limit": "\(limit)", "present": "\(present)"])
        }
    }

    /// What the JSON reader says, in words that every language has.
    private static func detail(_ error: APIError) -> [String: String] {
        let member = error.field ?? "?"
        return switch error.code {
        case .duplicateField: ["member": member, "detail.key": "license.detail.doubled"]
        case .unknownField: ["member": member, "detail.key": "license.detail.unknown"]
        case .missingField: ["member": member, "detail.key": "license.detail.missing"]
        case .invalidValue: ["member": member, "detail.key": "license.detail.badValue"]
        default: ["detail.key": "license.detail.notJSON"]
        }
    }

    public func sentence(in language: Language) -> String {
        Catalogue.sentence(text.key, text.parameters, language) ?? text.key
    }

    /// As the API says it.
    public var asAPIError: APIError { .license(text.key, text.parameters) }
}

extension LicenseProblem: CustomStringConvertible {
    public var description: String { sentence(in: .english) }
}
