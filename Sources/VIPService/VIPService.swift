import Glibc
import Linux
import Netlink
import PacketProtocol
import Primitives
import VIPCore
import VIPProtocol

/// The VIP manager: one thread, one poll loop, one core. The only place where the core meets the kernel.
public struct VIPService: ~Copyable {
    let settings: VIPSettings
    var core: VIPCore
    var fence: Fence
    var route: RouteSocket
    var links: LinkMonitor
    var port: PacketPort
    var clients = Clients()
    var timer: TimerDescriptor
    let signals: SignalDescriptor
    let listener: OwnedDescriptor
    /// Held for life: a second manager of the same run folder must not start.
    private let lock: OwnedDescriptor
    var effects: [VIPCore.Effect] = []
    var isFinished = false
    var noted = Noted.nothing
    var lastRefusal = Instant(nanoseconds: 0)
    /// Why the loop cannot go on.
    var fault: String?
    /// Nothing is heard before this moment: the network sends more than anybody needs to hear.
    private var deafUntil: Instant?
    private var polled: [pollfd] = []

    /// Prepares everything, removes what an earlier life left (its addresses; what its fence let pass), and gives up
    /// every privilege but the network's. SIGTERM and SIGINT are blocked from here on.
    ///
    /// - Throws: `VIPServiceError`.
    public static func start(_ settings: VIPSettings) throws(VIPServiceError) -> VIPService {
        do {
            return try VIPService(settings)
        } catch {
            throw VIPServiceError("\(error)")
        }
    }

    private init(_ settings: VIPSettings) throws {
        let signals = try SignalDescriptor([SIGTERM, SIGINT])
        try DurableFile.makeFolder(settings.runFolder)
        let lock = try Self.lock(settings.runFolder)
        var kept: [Capability] = [.netAdmin, .netRaw]
        if settings.isRealTime {
            try RealTime.scheduleRoundRobin()
            if try !RealTime.lockMemory() { kept.append(.ipcLock) }
        }
        var fence = try Fence()
        var route = try RouteSocket()
        // First the monitor, then the list: no change is lost between them.
        let links = try LinkMonitor()
        let port = try PacketPort(interface: settings.interface)
        let timer = try TimerDescriptor()
        let index = port.index
        let isUp = try route.links().contains { $0.index == index && $0.isUp }
        try Self.removeLeftovers(&fence, &route)
        let listener = try UnixSocket.listen(settings.runFolder + "/" + VIPProtocol.socketName, kind: .packets)
        if Privileges.isRoot { try Privileges.keepOnly(kept) }
        self.settings = settings
        self.signals = signals
        self.lock = lock
        self.fence = fence
        self.route = route
        self.links = links
        self.port = port
        self.timer = timer
        self.listener = listener
        core = VIPCore(interface: settings.interface, isUp: isUp)
    }

    /// Works until SIGTERM or SIGINT; then cuts, removes addresses and tables, and returns.
    ///
    /// - Throws: `VIPServiceError` when the kernel refuses what the loop itself needs. The kernel's time-outs cut then.
    public mutating func run() throws(VIPServiceError) {
        do {
            while !isFinished {
                try turn()
                if let fault { throw VIPServiceError(fault) }
            }
            try systemCall("remove the socket") { unlink(settings.runFolder + "/" + VIPProtocol.socketName) }
        } catch {
            throw VIPServiceError("\(error)")
        }
    }

    /// Cuts first, then removes: an address without its fence must not answer for a moment.
    private static func removeLeftovers(
        _ fence: inout Fence, _ route: inout RouteSocket
    ) throws(NetlinkError) {
        try fence.closeAll()
        for subnet in try route.removeAll() { Log.line("removed \(subnet), left by an earlier life") }
    }

    private static func lock(_ folder: String) throws(SystemError) -> OwnedDescriptor {
        let path = folder + "/vipd.lock"
        let file = try OwnedDescriptor.open(path, flags: O_RDWR | O_CREAT)
        try systemCall("be the only VIP manager: another one holds", path) { flock(file.raw, LOCK_EX | LOCK_NB) }
        return file
    }

    /// Waits for something and works it off.
    private mutating func turn() throws {
        try timer.arm([core.nextWake, deafUntil].compactMap(\.self).min())
        polled.removeAll(keepingCapacity: true)
        watch(signals.raw)
        watch(timer.raw)
        watch(listener.raw)
        watch(links.raw)
        // poll(2) passes over a negative descriptor.
        watch(deafUntil == nil ? port.raw.arp : -1)
        watch(deafUntil == nil ? port.raw.neighbors : -1)
        let fixed = polled.count
        clients.appendDescriptors(to: &polled)
        try Poller.wait(&polled)
        if isReady(1) {
            timer.clear()
            deafUntil = nil
            feed(.timePassed)
        }
        // From the last: a client that leaves moves only those that were served already.
        for index in stride(from: clients.count - 1, through: 0, by: -1) where isReady(fixed + index) {
            hear(clients.client(at: index))
        }
        if isReady(2) { try clients.accept(from: listener) }
        if isReady(4) || isReady(5) { listen() }
        if isReady(3) { try followLinks() }
        if isReady(0), try signals.next() != nil { feed(.stopRequested) }
    }

    private mutating func watch(_ raw: Int32) { polled.append(pollfd(fd: raw, events: Int16(POLLIN), revents: 0)) }

    private func isReady(_ index: Int) -> Bool { polled[index].revents != 0 }

    /// One line a turn, so that nobody who talks much keeps the others waiting.
    private mutating func hear(_ client: VIPCore.Client) {
        switch clients.receive(from: client) {
        case .nothing: return
        case .left:
            clients.remove(client)
            feed(.clientLeft(client))
        case .line(let line):
            do throws(VIPProtocolError) {
                feed(.requested(try VIPRequest(parsing: line), by: client))
            } catch {
                perform(.reply(.refused(error.description), to: client))
            }
        }
    }

    /// This thread runs before all others of the machine: a network that floods it must not get the processor.
    private static let mostSightings = 16
    private static let deafness = Span.milliseconds(10)

    private mutating func listen() {
        do throws(SystemError) {
            for _ in 0..<Self.mostSightings {
                guard let sighting = try port.sighting() else { return }
                feed(.sighted(sighting))
            }
            deafUntil = BootClock.now + Self.deafness
        } catch {
            // Told once by the kernel when the interface goes down; the link monitor tells the core.
            Log.line("\(error)")
        }
    }
}
