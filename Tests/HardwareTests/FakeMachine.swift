import Glibc
import Linux

@testable import Hardware

/// A sysfs in a folder of its own, as the kernel lays it out: classes are links into the tree of buses.
final class FakeMachine {
    let folder: String
    private(set) var database = FakeDatabase()

    struct FakeDatabase: DeviceDatabase {
        var properties: [String: String] = [:]

        func property(_ key: String, of name: String, in subsystem: String) -> String? {
            properties["\(subsystem)/\(name)/\(key)"]
        }
    }

    init() throws {
        var template = Array("/tmp/keelson-hardware-test.XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else {
            throw SystemError(operation: "make", subject: "a folder", errno: errno)
        }
        folder = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    deinit { remove(folder) }

    private func remove(_ path: String) {
        if unlink(path) == 0 { return }
        if let entries = opendir(path) {
            while let entry = readdir(entries) {
                let name = withUnsafePointer(to: &entry.pointee.d_name) {
                    $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
                }
                if name != "." && name != ".." { remove("\(path)/\(name)") }
            }
            closedir(entries)
        }
        rmdir(path)
    }

    var parts: MachineParts { MachineParts(sys: folder, database: database, systemFolder: folder) }

    func write(_ path: String, _ text: String) throws {
        let slash = path.lastIndex(of: "/")!
        try DurableFile.makeFolder("\(folder)/\(path[..<slash])")
        try DurableFile.replace("\(folder)/\(path)", with: Array("\(text)\n".utf8), mode: 0o600)
    }

    func link(_ path: String, to target: String) throws {
        let slash = path.lastIndex(of: "/")!
        try DurableFile.makeFolder("\(folder)/\(path[..<slash])")
        try DurableFile.makeFolder("\(folder)/\(target)")
        try systemCall("link", path) { symlink("\(folder)/\(target)", "\(folder)/\(path)") }
    }

    func firmware(_ name: String, _ text: String) throws { try write("class/dmi/id/\(name)", text) }

    func card(_ name: String, bus: String?, address: String, type: Int = 0) throws {
        if let bus { try link("class/net/\(name)/device", to: "devices/\(bus)") }
        try write("class/net/\(name)/address", address)
        try write("class/net/\(name)/addr_assign_type", "\(type)")
    }

    func disk(_ name: String, bus: String?, serial: String? = nil, removable: Bool = false) throws {
        if let bus { try link("block/\(name)/device", to: "devices/\(bus)") }
        try write("block/\(name)/removable", removable ? "1" : "0")
        if let serial { try write("block/\(name)/device/serial", serial) }
    }

    func udev(_ property: String, _ text: String) { database.properties[property] = text }

    /// As where the file system of this machine's folder lies.
    func systemDevice(at target: String) throws {
        var status = stat()
        try systemCall("look at", folder) { stat(folder, &status) }
        let device = UInt64(status.st_dev)
        let major = (device >> 8) & 0xFFF | (device >> 32) & ~0xFFF
        let minor = device & 0xFF | (device >> 12) & ~0xFF
        try link("dev/block/\(major):\(minor)", to: target)
    }
}
