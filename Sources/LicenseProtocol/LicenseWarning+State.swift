import APIProtocol
import LicenseCore
import Texts

extension LicenseWarning {
    init(_ warning: LicenseState.Warning) {
        let (code, parameters): (Code, [String: String]) =
            switch warning {
            case .otherHardware(let found, let needed):
                (.otherHardware, ["found": "\(found)", "needed": "\(needed)"])
            case .tooManyNodes(let limit, let present): (.tooManyNodes, Self.figures(limit, present))
            case .tooManyHosts(let limit, let present): (.tooManyHosts, Self.figures(limit, present))
            case .tooMuchData(let limit, let present): (.tooMuchData, Self.figures(limit, present))
            case .clockSetBack(let seen): (.clockSetBack, ["seen": "\(seen)"])
            }
        let key = "license.warning.\(code.rawValue)"
        self.init(
            code: code, parameters: parameters, message: Catalogue.sentence(key, parameters, .english) ?? key)
    }

    private static func figures(_ limit: Int, _ present: Int) -> [String: String] {
        ["limit": "\(limit)", "present": "\(present)"]
    }

    /// Of a cluster without a license, whose clock matters for its trial.
    public static func clockSetBack(_ facts: LicenseState.Facts) -> LicenseWarning? {
        facts.isSetBack ? LicenseWarning(.clockSetBack(seen: facts.latestSeen)) : nil
    }
}
