import APIProtocol
import Foundation

/// The time zones that this system knows.
enum TimeZoneFile {
    private static let folder = "/usr/share/zoneinfo"

    /// A system without the database (package tzdata) knows none and is believed whatever it is told.
    /// - Parameter name: of the right form already.
    static func check(_ name: String?, _ field: String) throws(APIError) {
        guard let name, name != "UTC", FileManager.default.fileExists(atPath: folder) else { return }
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: "\(folder)/\(name)", isDirectory: &isFolder), !isFolder.boolValue
        else { throw .invalid(field, clause: "unknownTimeZone", ["value": name]) }
    }
}
