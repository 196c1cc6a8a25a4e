import APIProtocol
import FoundationEssentials
import LicenseCore
import LicenseProtocol

/// Answers one question after the other; keeps nothing between them.
struct Validator {
    let keys: VendorKeys
    /// Read anew each time: parts are changed while a machine runs.
    let hardware: () -> HardwarePrint

    /// - Returns: one line with its line feed.
    func answer(_ line: [UInt8]) -> String {
        if line == Array("ping".utf8) { return "pong\n" }
        return Self.line(reply(line))
    }

    private func reply(_ line: [UInt8]) -> ValidatorAnswer {
        do throws(APIError) {
            let request = try StrictJSON.decode(ValidatorRequest.self, from: line)
            if request.ask == .hardware { return ValidatorAnswer(hardware: hardware()) }
            guard let text = request.text else { throw APIError(.missingField, field: "text") }
            let (license, key) = try read(text)
            let answer = ValidatorAnswer(license: license.info, keyID: key)
            guard request.ask == .judge else { return answer }
            guard let facts = request.facts else { throw APIError(.missingField, field: "facts") }
            var judged = answer
            judged.judgement = LicenseJudgement(LicenseState(license, facts))
            return judged
        } catch {
            return ValidatorAnswer(refused: error)
        }
    }

    private func read(_ text: String) throws(APIError) -> (license: License, key: String) {
        do throws(LicenseProblem) {
            let file = try LicenseFile(parsing: text)
            return (try file.license(trusting: keys), "\(file.key)")
        } catch {
            throw error.asAPIError
        }
    }

    private static func line(_ answer: ValidatorAnswer) -> String {
        do {
            return String(decoding: try JSONEncoder().encode(answer), as: UTF8.self) + "\n"
        } catch {
            preconditionFailure("an answer of texts and numbers cannot be written: \(error)")
        }
    }
}
