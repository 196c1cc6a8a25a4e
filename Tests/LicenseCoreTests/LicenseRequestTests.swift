import APIProtocol
import Foundation
import LicenseCore
import Testing

@Suite struct LicenseRequestTests {
    private let request = LicenseRequest(
        cluster: "demo",
        nodes: [
            .init(name: "n1", hardware: HardwarePrint(hashing: ["u", "b", "m", "d"])),
            .init(name: "n2", hardware: HardwarePrint(hashing: [nil, nil, "m2", nil])),
            .init(name: "n3", hardware: nil),
        ], version: "0.1.0", at: Timestamp(milliseconds: 0), license: nil)

    private func problem(_ edit: (String) -> String) throws -> String? {
        let json = edit(String(decoding: try JSONEncoder().encode(request), as: UTF8.self))
        do throws(LicenseRequestProblem) {
            _ = try LicenseRequest.parse(Array(json.utf8))
            return nil
        } catch {
            return error.description
        }
    }

    @Test func whatIsWrittenIsRead() throws {
        let parsed = try LicenseRequest.parse(Array(try JSONEncoder().encode(request)))
        #expect(parsed == request)
        #expect(parsed.nodes.map { $0.hardware?.canBeBound } == [true, false, nil], "one part is not enough")
    }

    @Test func whatIsNoRequestIsRefusedWithItsReason() throws {
        #expect(try problem { $0 } == nil)
        #expect(try problem { _ in "hello" }?.contains("not valid") == true)
        #expect(
            try problem { $0.replacing("LicenseRequest\":1", with: "LicenseRequest\":2") }?.contains("format") == true)
        #expect(try problem { $0.replacing("\"cluster\"", with: "\"clutser\"") }?.contains("clutser") == true)
        #expect(
            try problem { _ in #"{"keelsonLicenseRequest":1,"nodes":[],"version":"1","at":"2026-11-01T00:00:00.000Z"}"#
            }?
            .contains("1 to 500 nodes") == true)
        let part = request.nodes[0].hardware!.parts[0]
        #expect(try problem { $0.replacing(part, with: "xyz") }?.contains("node 'n1'") == true)
        #expect(try problem { $0 + String(repeating: " ", count: LicenseRequest.longest) }?.contains("512 KiB") == true)
    }
}
