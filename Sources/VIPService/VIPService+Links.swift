import Linux
import Netlink
import PacketProtocol
import VIPCore

extension VIPService {
    /// Tells the core of our interface's link, and follows an interface that was made anew under the same name.
    mutating func followLinks() throws {
        // nil: changes were lost, so the whole state is read.
        let changes = try links.changes() ?? route.links()
        for link in changes where link.name == settings.interface || link.index == port.index {
            if link.exists, link.name == settings.interface, link.index != port.index { reopenPort() }
            feed(.linkChanged(isUp: link.isUp))
        }
    }

    private mutating func reopenPort() {
        do throws(SystemError) {
            port = try PacketPort(interface: settings.interface)
            try port.listen(for: core.listenedAddresses)
            Log.line("\(settings.interface) was made anew, with index \(port.index)")
        } catch {
            // It may be gone again; the next change of a link tries again.
            Log.line("\(error)")
        }
    }
}
