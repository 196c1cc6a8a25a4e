import CLibudev

/// What udev has noted of a device: what the kernel itself no longer says, such as the address that a network card had
/// before a bond took it.
public protocol DeviceDatabase {
    /// - Parameters:
    ///   - subsystem: as `net` or `block`.
    ///   - name: the kernel's name of the device.
    ///   - key: of the property, as `ID_SERIAL_SHORT`.
    func property(_ key: String, of name: String, in subsystem: String) -> String?
}

/// udev's own database, through libudev. Without a udev that runs nothing is known.
public struct UdevDatabase: DeviceDatabase {
    public init() {}

    public func property(_ key: String, of name: String, in subsystem: String) -> String? {
        guard let context = udev_new() else { return nil }
        defer { udev_unref(context) }
        guard let device = udev_device_new_from_subsystem_sysname(context, subsystem, name) else { return nil }
        defer { udev_device_unref(device) }
        return udev_device_get_property_value(device, key).map { String(cString: $0) }
    }
}
