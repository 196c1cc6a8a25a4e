import CLinux
import Glibc

/// Ways to find a machine among many.
public enum Locator {
    /// Lets the lamp of a network port blink; returns when the time is over.
    ///
    /// - Throws: `SystemError`; EOPNOTSUPP where the hardware or its driver cannot (ethtool's ETHTOOL_PHYS_ID).
    public static func blink(_ interface: String, seconds: UInt32) throws(SystemError) {
        let socket = OwnedDescriptor(
            taking: try systemCall("open a socket for", interface) {
                Glibc.socket(AF_INET, Int32(SOCK_DGRAM.rawValue), 0)
            })
        try systemCall("blink", interface) { clinux_identify(socket.raw, interface, seconds) }
    }

    /// Writes a line on a console, with its bell.
    ///
    /// - Throws: `SystemError`, as ENOENT on a machine without consoles.
    public static func say(_ line: String, on console: String = "/dev/tty1") throws(SystemError) {
        let descriptor = try OwnedDescriptor.open(console, flags: O_WRONLY | O_NOCTTY | O_NONBLOCK)
        try descriptor.write(Array("\u{7}\r\n\(line)\r\n".utf8), subject: console)
    }
}
