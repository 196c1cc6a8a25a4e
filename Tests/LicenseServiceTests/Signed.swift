import APIProtocol
import Crypto
import Foundation
import LicenseCore

/// A vendor of this test's own, and licenses of it.
struct Signed {
    let key = Curve25519.Signing.PrivateKey()

    static let day: Int64 = 86_400_000
    static let start = Timestamp("2026-11-01T00:00:00.000Z")!

    static func after(_ days: Int64) -> Timestamp { Timestamp(milliseconds: start.milliseconds + days * day) }

    static func machine(_ number: Int) -> HardwarePrint {
        HardwarePrint(hashing: ["uuid-\(number)", "board-\(number)", "mac-\(number)", "disk-\(number)"])
    }

    /// For a year from `start`, with 30 days of grace.
    static func license(nodes: Int? = 3, binding: [HardwarePrint] = []) -> License {
        License(
            id: "L-1", customer: "Ærø Hafen", kind: .subscription, issued: start, validFrom: start,
            expires: after(365), limits: .init(nodes: nodes), binding: binding)
    }

    func text(_ license: License = license(), edit: (String) -> String = { $0 }) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        let json = edit(String(decoding: try encoder.encode(license), as: UTF8.self))
        return try LicenseFile(Array(json.utf8), signedBy: key).text
    }

    var trusted: VendorKeys { VendorKeys([VendorKey(key.publicKey, isTest: false)], acceptsTestKeys: false) }

    static func facts(
        day: Int64 = 1, latest: Int64? = nil, hardware: [HardwarePrint] = [], nodes: Int = 3
    ) -> LicenseState.Facts {
        LicenseState.Facts(
            now: after(day), latestSeen: after(latest ?? day), hardware: hardware, nodes: nodes, hosts: 0, tebibytes: 0)
    }
}
