import ConfigurationCore
import Primitives

/// The configuration parser must never trap, must answer the same twice, and must point into the text when it refuses.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzConfiguration(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let text = String(decoding: UnsafeBufferPointer(start: bytes, count: count), as: UTF8.self)
    let lines = text.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).count
    do throws(ConfigurationError) {
        let node = try NodeConfiguration.parse(text)
        precondition(try! NodeConfiguration.parse(text) == node, "the same text gave two configurations")
    } catch {
        check(error, lines)
    }
    do throws(ConfigurationError) {
        let answer = try SetupAnswer.parse(text)
        try answer.validate(
            on: NodeConfiguration(name: "n1", interface: "eth0", address: Subnet("10.77.0.11/24")!))
    } catch {
        check(error, lines)
    }
    return 0
}

private func check(_ error: ConfigurationError, _ lines: Int) {
    precondition(!error.description.isEmpty, "an error without a sentence")
    guard let position = error.position else { return }
    precondition((1...lines).contains(position.line) && position.column >= 1, "\(position) is outside the text")
}
