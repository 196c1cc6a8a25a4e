import APIProtocol
import LicenseCore
import LicenseProtocol
import Primitives
import Texts

/// What this node knows of the license: what it last read of the store, and what its validator last said.
struct LicenseMemory: Sendable {
    private(set) var documents = LicenseDocuments()
    /// Whether the store has been read once.
    private(set) var isRead = false
    /// The last word about a license; of another text than the stored one it counts for nothing.
    private var judged: JudgedLicense? = nil
    /// Why the stored text was not taken.
    private var refused: (text: String, reason: APIError)? = nil
    private(set) var validatorAnswers = false
    var ownPrint: HardwarePrint? = nil

    mutating func read(_ documents: LicenseDocuments) {
        self.documents = documents
        isRead = true
    }

    mutating func heard(_ judged: JudgedLicense) {
        self.judged = judged
        refused = nil
        validatorAnswers = true
    }

    mutating func heard(_ print: HardwarePrint) {
        ownPrint = print
        validatorAnswers = true
    }

    /// - Parameter error: of the question about the stored text, or about this machine.
    mutating func failed(_ error: APIError, about text: String?) {
        validatorAnswers = error.code == .licenseRefused
        if validatorAnswers, let text { refused = (text, error) }
    }

    /// - Parameter nodes: of the cluster; prints of others do not count.
    func facts(now: Timestamp, nodes: [NodeID], own: NodeID?) -> LicenseState.Facts {
        var prints = documents.prints.filter { nodes.contains($0.key) }
        if let own, let ownPrint { prints[own] = ownPrint }
        return LicenseState.Facts(
            now: now, latestSeen: documents.clock?.latest ?? now,
            hardware: prints.sorted { $0.key < $1.key }.map(\.value), nodes: nodes.count, hosts: 0, tebibytes: 0)
    }

    // MARK: what it means

    /// The validator's word on the stored text; nil: it has none yet.
    private var current: JudgedLicense? { judged?.text == documents.license?.text ? judged : nil }

    func status(_ facts: LicenseState.Facts) -> LicenseStatus {
        let usage = LicenseUsage(nodes: facts.nodes, hosts: facts.hosts, tebibytes: facts.tebibytes)
        guard let stored = documents.license else { return trial(facts, usage) }
        if let refused, refused.text == stored.text {
            // As good as none. A program that trusts other keys than the last one meets this.
            var status = trial(facts, usage)
            status.installed = true
            status.warnings.insert(LicenseWarning(refused: refused.reason), at: 0)
            return status
        }
        guard let current else {
            return LicenseStatus(
                installed: true, phase: .unknown, allowsAdditions: true, usage: usage,
                validatorAnswers: validatorAnswers)
        }
        let judgement = current.judgement
        return LicenseStatus(
            installed: true, license: current.license, keyID: current.keyID, phase: judgement.phase,
            until: judgement.until, warnings: judgement.warnings, allowsAdditions: judgement.allowsAdditions,
            usage: usage, validatorAnswers: validatorAnswers)
    }

    private func trial(_ facts: LicenseState.Facts, _ usage: LicenseUsage) -> LicenseStatus {
        let trial = LicenseTrial(founded: documents.clock?.founded, now: max(facts.now, facts.latestSeen))
        return LicenseStatus(
            installed: false, phase: trial.isOver ? .none : .trial, until: trial.ends,
            warnings: [LicenseWarning.clockSetBack(facts)].compactMap(\.self), allowsAdditions: !trial.isOver,
            usage: usage, validatorAnswers: validatorAnswers)
    }

    /// Why no further node may become a member; nil: it may.
    /// - Parameter silent: nodes whose place is free for a replacement.
    func refusesNode(_ status: LicenseStatus, silent: Int) -> APIError? {
        let limit: Int? =
            switch status.phase {
            case .none, .trial: LicenseTrial.nodes
            case .unknown: nil
            case .notYetValid, .valid, .grace, .expired: status.license?.limits.nodes
            }
        let admission = NodeAdmission(
            limit: limit, allowsAdditions: status.allowsAdditions, most: documents.clock?.most ?? status.usage.nodes,
            nodes: status.usage.nodes, silent: silent)
        guard !admission.isOpen else { return nil }
        guard status.allowsAdditions else { return Self.inactive(status) }
        return APIError(
            .licenseLimit, ["limit": "\(admission.limit ?? 0)", "present": "\(status.usage.nodes)"])
    }

    private static func inactive(_ status: LicenseStatus) -> APIError {
        let time = status.until.map { "\($0)" } ?? "?"
        let (reason, parameters): (String, [String: String]) =
            switch status.phase {
            case .none, .trial, .unknown: ("trialOver", ["time": time])
            case .expired: ("expired", ["time": time])
            case .notYetValid: ("notYetValid", ["time": time])
            case .valid, .grace:
                ("otherHardware", status.warnings.first { $0.code == .otherHardware }?.parameters ?? [:])
            }
        let key = "license.inactive.\(reason)"
        var filling = parameters
        filling["reason.key"] = key
        filling["reason"] = Catalogue.sentence(key, parameters, .english) ?? key
        return APIError(.licenseInactive, filling)
    }
}

extension LicenseWarning {
    init(refused reason: APIError) {
        self.init(
            code: .refused, parameters: reason.parameters,
            message: Catalogue.sentence("license.warning.refused", reason.parameters, .english) ?? reason.message)
    }
}
