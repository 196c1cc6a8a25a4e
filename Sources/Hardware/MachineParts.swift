import Glibc
import LicenseCore
import Linux

/// Reads the four parts by which a license knows this machine again. What a machine does not have, or does not say
/// truthfully, is missing; nothing here throws, since half of a print is still a print.
public struct MachineParts {
    /// Where sysfs is.
    private let sys: String
    private let database: any DeviceDatabase
    /// A folder on the system disk.
    private let systemFolder: String

    /// - Parameters:
    ///   - sys: tests have a tree of their own.
    ///   - systemFolder: lies on the disk that the machine is known by.
    public init(sys: String = "/sys", database: any DeviceDatabase = UdevDatabase(), systemFolder: String = "/") {
        self.sys = sys
        self.database = database
        self.systemFolder = systemFolder
    }

    public var print: HardwarePrint { HardwarePrint(hashing: values) }

    /// In the order of `HardwarePrint.partNames`.
    var values: [String?] {
        [
            FirmwareText.meaningful(text("class/dmi/id/product_uuid"))?.lowercased(),
            FirmwareText.meaningful(text("class/dmi/id/board_serial")), networkAddress, diskSerial,
        ]
    }

    // MARK: network

    /// The permanent address of the first card. A card is a network device on a bus; bridges, bonds and VLANs are none.
    /// The order is that of the bus, since names of interfaces change.
    private var networkAddress: String? {
        let cards = names("class/net").compactMap { name in
            resolved("class/net/\(name)/device").map { (bus: $0, name: name) }
        }.sorted { ($0.bus, $0.name) < ($1.bus, $1.name) }
        return cards.lazy.compactMap { permanentAddress($0.name) }.first
    }

    private func permanentAddress(_ name: String) -> String? {
        // NET_ADDR_PERM (Documentation/ABI/testing/sysfs-class-net): neither random, nor set, nor another device's.
        if text("class/net/\(name)/addr_assign_type") == "0", let address = text("class/net/\(name)/address") {
            return Self.cardAddress(address.filter { $0 != ":" })
        }
        // udev noted it, as enx and the address, when the device appeared (systemd.net-naming-scheme(7)).
        return database.property("ID_NET_NAME_MAC", of: name, in: "net").flatMap {
            $0.hasPrefix("enx") ? Self.cardAddress(String($0.dropFirst(3))) : nil
        }
    }

    /// Twelve digits that are not all zeros or all ones.
    private static func cardAddress(_ digits: String) -> String? {
        let digits = digits.lowercased()
        guard digits.utf8.count == 12, digits.allSatisfy(\.isHexDigit), Set(digits).count > 1 else { return nil }
        return digits
    }

    // MARK: disk

    /// The serial number, or the world-wide name, of the system disk; where that is not known, of the first disk.
    private var diskSerial: String? {
        let disks = names("block").compactMap { name in
            // Loops, RAM disks, device mappers and md arrays lie on no bus.
            resolved("block/\(name)/device").map { (bus: $0, name: name) }
        }.filter { text("block/\($0.name)/removable") != "1" }.sorted { ($0.bus, $0.name) < ($1.bus, $1.name) }
        let first = systemDisk.flatMap { system in disks.first { $0.name == system } }
        return ([first].compactMap(\.self) + disks).lazy.compactMap { serial($0.name) }.first
    }

    private func serial(_ disk: String) -> String? {
        // virtio; NVMe and eMMC; what SCSI and SATA disks say of themselves (VPD page 0x83).
        let files = ["serial", "device/serial", "device/wwid", "wwid"].map { "block/\(disk)/\($0)" }
        let said = files.lazy.compactMap { FirmwareText.meaningful(text($0)) }.first
        return said
            ?? ["ID_SERIAL_SHORT", "ID_WWN"].lazy.compactMap {
                FirmwareText.meaningful(database.property($0, of: disk, in: "block"))
            }.first
    }

    /// The disk below the system folder, through partitions and device mappers.
    private var systemDisk: String? {
        var status = stat()
        guard stat(systemFolder, &status) == 0 else { return nil }
        // gnu_dev_major and gnu_dev_minor of sys/sysmacros.h, which are macros.
        let device = UInt64(status.st_dev)
        let major = (device >> 8) & 0xFFF | (device >> 32) & ~0xFFF
        let minor = device & 0xFF | (device >> 12) & ~0xFF
        return wholeDisk(resolved("dev/block/\(major):\(minor)"), depth: 0)
    }

    private func wholeDisk(_ path: String?, depth: Int) -> String? {
        guard let path, depth < 8 else { return nil }
        // A device mapper or an array names what it lies on.
        if let below = names(inFolder: path + "/slaves").first {
            return wholeDisk(resolvedPath(path + "/slaves/" + below), depth: depth + 1)
        }
        // …/block/sda/sda2: the disk is the part after `block`.
        let parts = path.split(separator: "/")
        guard let block = parts.lastIndex(of: "block"), block + 1 < parts.count else { return nil }
        return String(parts[block + 1])
    }

    // MARK: sysfs

    /// The text of a file without blanks at its ends; nil when it cannot be read.
    private func text(_ path: String) -> String? {
        let bytes: [UInt8]?
        do throws(SystemError) { bytes = try DurableFile.read("\(sys)/\(path)", limit: 4_096) } catch {
            return nil  // Not for everybody, or not of this machine: the part is missing.
        }
        guard let bytes, let text = String(validating: bytes, as: UTF8.self) else { return nil }
        let blanks: Set<Character> = [" ", "\n", "\t", "\0"]
        let trimmed = text.drop { blanks.contains($0) }.reversed().drop { blanks.contains($0) }.reversed()
        return trimmed.isEmpty ? nil : String(trimmed)
    }

    private func names(_ path: String) -> [String] { names(inFolder: "\(sys)/\(path)") }

    private func names(inFolder path: String) -> [String] {
        guard let folder = opendir(path) else { return [] }
        defer { closedir(folder) }
        var names: [String] = []
        while let entry = readdir(folder) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if !name.hasPrefix(".") { names.append(name) }
        }
        return names.sorted()
    }

    private func resolved(_ path: String) -> String? { resolvedPath("\(sys)/\(path)") }

    private func resolvedPath(_ path: String) -> String? {
        guard let resolved = realpath(path, nil) else { return nil }
        defer { free(resolved) }
        return String(cString: resolved)
    }
}
