import APIProtocol
import LicenseCore

/// A license comes from anybody: reading it must never trap, what was read must be the one way to write it, and what a
/// signed payload says must have a meaning at any time.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzLicense(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let input = Array(UnsafeBufferPointer(start: bytes, count: count))
    guard let choice = input.first else { return 0 }
    switch choice {
    case UInt8(ascii: "r"): checkRequest(Array(input.dropFirst()))
    case _ where choice % 2 == 0: checkFile(String(decoding: input.dropFirst(), as: UTF8.self))
    default: checkPayload(input)
    }
    return 0
}

private func checkRequest(_ bytes: [UInt8]) {
    let request: LicenseRequest
    do throws(LicenseRequestProblem) { request = try LicenseRequest.parse(bytes) } catch {
        return precondition(!error.description.isEmpty, "a refusal without a sentence")
    }
    for print in request.nodes.compactMap(\.hardware) {
        precondition(print.matches(print) == print.canBeBound, "a machine does not know itself")
    }
}

private func checkFile(_ text: String) {
    do throws(LicenseProblem) {
        let file = try LicenseFile(parsing: text)
        let again = try LicenseFile(parsing: file.text)
        precondition(again == file, "a license changed by being written")
        do throws(LicenseProblem) {
            _ = try file.license(trusting: VendorKeys([], acceptsTestKeys: true))
            preconditionFailure("a license that nobody signed was taken")
        } catch { precondition(!error.description.isEmpty, "a refusal without a sentence") }
    } catch {
        precondition(!error.description.isEmpty, "a refusal without a sentence")
    }
}

private func checkPayload(_ input: [UInt8]) {
    let license: License
    do throws(APIError) { license = try StrictJSON.decode(License.self, from: Array(input.dropFirst())) } catch {
        return
    }
    do throws(LicenseProblem) { try license.validate() } catch { return }
    let moments = [license.validFrom, license.expires ?? license.issued, Timestamp(milliseconds: 0)]
    for now in moments {
        let state = LicenseState(
            license,
            .init(now: now, latestSeen: license.issued, hardware: license.binding, nodes: 3, hosts: 1, tebibytes: 1))
        let isBound = state.warnings.contains { if case .otherHardware = $0 { true } else { false } }
        precondition(!isBound, "a license does not know its own machines")
    }
}
