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
    case badPayload(String)
    case badField(String, String)

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
        case .badPayload(let reason): ("license.badPayload", ["reason": reason])
        case .badField(let field, let reason): ("license.badField", ["field": field, "reason": reason])
        }
    }

    public func sentence(in language: Language) -> String {
        Catalogue.sentence(text.key, text.parameters, language) ?? text.key
    }
}

extension LicenseProblem: CustomStringConvertible {
    public var description: String { sentence(in: .english) }
}
