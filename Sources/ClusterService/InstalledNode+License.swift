import APIProtocol
import ConfigurationCore
import LicenseCore
import LicenseProtocol
import Primitives

/// Before setup a license can be looked at and asked for; it is installed with the founding.
extension InstalledNode {
    func license() async throws -> LicenseStatus { throw APIError(.notSetUp) }
    func installLicense(_ text: String) async throws -> LicenseStatus { throw APIError(.notSetUp) }
    func removeLicense() async throws { throw APIError(.notSetUp) }

    private var validator: LicenseLink { LicenseLink(path: configuration.licensedSocket) }

    func inspectLicense(_ text: String) async throws -> LicenseInspection {
        let now = Timestamp.now
        let facts = LicenseState.Facts(
            now: now, latestSeen: now, hardware: [try await validator.hardware()], nodes: 1, hosts: 0, tebibytes: 0)
        return try await validator.judge(text, facts).inspection
    }

    func licenseRequest() async throws -> String {
        let node = LicenseRequest.Node(name: configuration.name, hardware: try await validator.hardware())
        return try LicenseRequest(
            cluster: nil, nodes: [node], version: Product.version, at: .now, license: nil
        ).text()
    }

    /// - Parameters:
    ///   - text: nil: the trial, which is never refused.
    ///   - field: where it stands in the request.
    /// - Throws: what the license itself is refused for; nothing was changed.
    func checkLicense(_ text: String?, _ field: String) async throws {
        guard let text else { return }
        do {
            if let refusal = try await inspectLicense(text).refusal { throw refusal }
        } catch let error as APIError where error.code == .licenseRefused {
            throw error.at(field)
        }
    }
}
