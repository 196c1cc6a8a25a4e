import FirstBootCore
import Glibc
import Linux
import Netlink
import Primitives

/// Writes the first configuration of a node that nobody configured.
public enum FirstBoot {
    /// Waits for an address as long as it takes; a configuration that is there already is left alone.
    ///
    /// - Parameter path: the configuration's file; its folder is made.
    /// - Returns: what was written; nil when there was a configuration.
    /// - Throws: `SystemError`, `NetlinkError`.
    public static func run(path: String) throws -> NodePlace? {
        guard try DurableFile.read(path) == nil else { return nil }
        let place = try waitForPlace()
        if let end = path.lastIndex(of: "/") { try DurableFile.makeFolder(String(path[..<end])) }
        try DurableFile.replace(path, with: Array(place.document.utf8), mode: 0o644)
        return place
    }

    private static func waitForPlace() throws -> NodePlace {
        // Listening begins before the first look, so nothing is missed between the two.
        var monitor = try LinkMonitor(withAddresses: true)
        var route = try RouteSocket()
        var core = FirstBootCore()
        while true {
            let links = try route.links()
            switch core.step(links: links, addresses: try route.addresses(), at: BootClock.now) {
            case .found(let place): return place
            case .wait(let end):
                var set = [pollfd(fd: monitor.raw, events: Int16(POLLIN), revents: 0)]
                try Poller.wait(&set, until: end == .distantFuture ? nil : end)
                _ = try monitor.changes()
            }
        }
    }
}
