import APIProtocol

/// What a customer sends to the vendor: JSON that a person can read, with nothing secret in it. The parts of machines
/// are hashes.
public struct LicenseRequest: Codable, Equatable, Sendable {
    /// One machine of the cluster.
    public struct Node: Codable, Equatable, Sendable {
        public var name: String
        /// nil when the node has not reported any.
        public var hardware: HardwarePrint?

        public init(name: String, hardware: HardwarePrint?) {
            self.name = name
            self.hardware = hardware
        }
    }

    /// Bytes of the longest request: 500 machines take a third of it.
    public static let longest = 524_288
    public static let format = 1

    /// The version of this document.
    public var keelsonLicenseRequest: Int
    /// nil on a node that belongs to no cluster yet.
    public var cluster: String?
    public var nodes: [Node]
    /// Of the program that wrote it.
    public var version: String
    public var at: Timestamp
    /// The number of the license that is installed.
    public var license: String?

    public init(cluster: String?, nodes: [Node], version: String, at: Timestamp, license: String?) {
        keelsonLicenseRequest = Self.format
        self.cluster = cluster
        self.nodes = nodes
        self.version = version
        self.at = at
        self.license = license
    }

    /// - Throws: `LicenseRequestProblem`, one sentence.
    public static func parse(_ bytes: [UInt8]) throws(LicenseRequestProblem) -> LicenseRequest {
        guard bytes.count <= longest else {
            throw LicenseRequestProblem("it is larger than \(longest / 1_024) KiB")
        }
        let request: LicenseRequest
        do { request = try StrictJSON.decode(LicenseRequest.self, from: bytes) } catch {
            throw LicenseRequestProblem(error.message)
        }
        guard request.keelsonLicenseRequest == format else {
            throw LicenseRequestProblem("its format is \(request.keelsonLicenseRequest), this program knows \(format)")
        }
        guard (1...License.mostMachines).contains(request.nodes.count) else {
            throw LicenseRequestProblem("it must name 1 to \(License.mostMachines) nodes")
        }
        for node in request.nodes {
            do { try node.hardware?.validate(enough: false) } catch {
                throw LicenseRequestProblem("node '\(node.name)': \(error)")
            }
        }
        return request
    }
}

/// A document that is no license request.
public struct LicenseRequestProblem: Error, Equatable, CustomStringConvertible {
    public let description: String

    init(_ reason: String) { description = "This is not a license request: \(reason)" }
}
