import Glibc
import Linux
import Netlink
import PacketProtocol
import Primitives
import Testing
import VIPProtocol

/// Everything here measures time on a real kernel: one at a time.
@Suite(.serialized, .enabled(if: mayMakeNetworks)) struct KernelTests {}

extension KernelTests {
    @Suite struct ManagerTests {
        private func held(_ network: TestNetwork) throws -> [Subnet] {
            try network.on(.node) {
                var route = try RouteSocket()
                return try route.addresses().filter { $0.origin == RouteSocket.origin }.map(\.subnet)
            }
        }

        private func hasFence(_ network: TestNetwork) throws -> Bool {
            try network.on(.node) {
                var fence = try Fence()
                return try fence.closeAll()
            }
        }

        @Test(arguments: [TestNetwork.vip4, TestNetwork.vip6])
        func peerHearsTheAnnouncement(vip: Subnet) throws {
            let network = try TestNetwork()
            let manager = try TestManager(network)
            try manager.guardAll()
            let descriptor = try network.on(.peer) { try Ears(vip.address) }
            let before = BootClock.now
            try manager.hold(for: .milliseconds(300), [vip])
            let heard = try descriptor.next(within: .seconds(2))
            #expect(heard?.address == vip.address)
            #expect(BootClock.now - before < .milliseconds(100))
        }

        @Test(arguments: [TestNetwork.vip4, TestNetwork.vip6])
        func anotherHolderIsAConflict(vip: Subnet) throws {
            let network = try TestNetwork()
            try network.on(.peer) { try run("ip", "addr", "add", "\(vip)", "dev", "eth0", "nodad") }
            let manager = try TestManager(network)
            try manager.guardAll()
            try manager.hold(for: .seconds(1), [vip])
            let mac = try network.on(.peer) { try PacketPort(interface: "eth0").hardware }
            #expect(try manager.wait { $0 == .conflict(vip.address, mac) } != nil)
        }

        @Test func probeTellsUsedAndFree() throws {
            let network = try TestNetwork()
            let manager = try TestManager(network)
            let mac = try network.on(.peer) { try PacketPort(interface: "eth0").hardware }
            for used in ["10.77.0.100", "fd77::100"].map({ IPAddress($0)! }) {
                #expect(try manager.ask(.probe(used)) == .probed(used, mac))
            }
            for free in ["10.77.0.99", "fd77::99"].map({ IPAddress($0)! }) {
                #expect(try manager.ask(.probe(free)) == .probed(free, nil))
            }
        }

        @Test func aProbeForAGuardedAddressSeesItsHolder() throws {
            let network = try TestNetwork()
            let manager = try TestManager(network)
            try manager.guardAll()
            try network.on(.peer) { try run("ip", "addr", "add", "10.77.0.50/24", "dev", "eth0") }
            let reply = try manager.ask(.probe(TestNetwork.vip4.address))
            guard case .probed(_, .some)? = reply else {
                Issue.record("\(String(describing: reply))")
                return
            }
        }

        @Test func closedConnectionDrops() throws {
            let network = try TestNetwork()
            let manager = try TestManager(network)
            try manager.guardAll()
            try manager.hold(for: .seconds(3), [TestNetwork.vip4, TestNetwork.vip6])
            #expect(try held(network).count == 2)
            manager.hangUp()
            #expect(try eventually { try held(network).isEmpty })
        }

        @Test func dropIsAtOnceAndLowerEpochsAreRefused() throws {
            let network = try TestNetwork()
            let manager = try TestManager(network)
            try manager.guardAll()
            try manager.hold(5, for: .seconds(3))
            #expect(
                try manager.ask(.drop(epoch: Epoch(generation: 1, revision: 4)))
                    == .refused("epoch 1.4 is older than 1.5, its master was replaced"))
            #expect(try held(network) == [TestNetwork.vip4])
            let traffic = try Traffic(network, to: TestNetwork.vip4.address)
            #expect(try traffic.flow(until: BootClock.now + .milliseconds(100)) != nil)
            let epoch = Epoch(generation: 1, revision: 5)
            #expect(try manager.ask(.drop(epoch: epoch)) == .dropped(epoch: epoch))
            #expect(try traffic.flow(until: BootClock.now + .milliseconds(50)) == nil)
            #expect(try held(network).isEmpty)
        }

        @Test func orderedStopLeavesNothing() throws {
            let network = try TestNetwork()
            let manager = try TestManager(network)
            try manager.guardAll()
            try manager.hold(for: .seconds(3))
            #expect(try hasFence(network))
            manager.signal(SIGTERM)
            #expect(try manager.waitForEnd() == 0)
            #expect(try !hasFence(network))
            #expect(try held(network).isEmpty)
            #expect(access(manager.folder + "/" + VIPProtocol.socketName, F_OK) != 0)
        }

        @Test func leftoversOfAnEarlierLifeAreRemoved() throws {
            let network = try TestNetwork()
            let first = try TestManager(network)
            try first.guardAll()
            try first.hold(for: .seconds(20))
            first.signal(SIGKILL)
            _ = try first.waitForEnd()
            #expect(try held(network) == [TestNetwork.vip4])
            let second = try TestManager(network)
            #expect(try held(network).isEmpty)
            // The fence has stayed, closed.
            let traffic = try Traffic(network, to: TestNetwork.vip4.address)
            try network.on(.node) { try run("ip", "addr", "add", "10.77.0.50/24", "dev", "eth0") }
            #expect(try traffic.flow(until: BootClock.now + .milliseconds(50)) == nil)
            #expect(try second.ask(.ping) == .pong)
        }

        /// The node's own address is never taken over, given a lifetime, or removed.
        @Test func addressOfSomebodyElseIsLeftAlone() throws {
            let network = try TestNetwork()
            let manager = try TestManager(network)
            for own in ["10.77.0.11/24", "fd77::11/64"].map({ Subnet($0)! }) {
                let epoch = Epoch(generation: 1, revision: 1)
                let deadline = BootClock.now + .seconds(2)
                let reply = try manager.ask(.hold(epoch: epoch, deadline: deadline, addresses: [own]))
                #expect(reply == .refused("\(own.address) is an address of this node and cannot be a virtual one"))
                let kept = try network.on(.node) {
                    var route = try RouteSocket()
                    return try route.addresses().first { $0.subnet == own }
                }
                #expect(kept != nil && kept?.validSeconds == nil)
            }
            // Nor is it taken when it appears between the guard and the hold.
            try manager.guardAll()
            try network.on(.node) { try run("ip", "addr", "add", "10.77.0.50/24", "dev", "eth0") }
            let hold = VIPRequest.hold(
                epoch: Epoch(generation: 1, revision: 2), deadline: BootClock.now + .seconds(2),
                addresses: [TestNetwork.vip4])
            guard case .refused(let sentence)? = try manager.ask(hold) else {
                Issue.record("an address of somebody else must be refused")
                return
            }
            #expect(sentence.hasPrefix("cannot add the address 10.77.0.50/24: File exists (errno 17)"))
            let kept = try network.on(.node) {
                var route = try RouteSocket()
                return try route.addresses().contains { $0.subnet == TestNetwork.vip4 }
            }
            #expect(kept)
        }

        @Test func memoryIsLockedAndPrivilegesAreFew() throws {
            let network = try TestNetwork()
            let manager = try TestManager(network)
            let read = { (name: String) in
                let file = try OwnedDescriptor.open("/proc/\(manager.process)/\(name)", flags: O_RDONLY)
                return String(decoding: try file.readAll(limit: 1 << 20, subject: name), as: UTF8.self)
            }
            let status = try read("status")
            // The sanitizers, which are in this process as in the manager's, do without mlockall.
            if dlsym(nil, "__sanitizer_report_error_summary") == nil {
                #expect(!status.contains("VmLck:\t       0 kB"))
            }
            let limit = try #require(
                read("limits").split(separator: "\n").first { $0.hasPrefix("Max locked memory") })
            // CAP_NET_ADMIN and CAP_NET_RAW, and CAP_IPC_LOCK only where the limit could not be lifted.
            let mask = limit.contains("unlimited") ? "0000000000003000" : "0000000000007000"
            #expect(status.contains("CapEff:\t\(mask)") && status.contains("CapPrm:\t\(mask)"))
        }

        @Test func secondManagerOfAFolderDoesNotStart() throws {
            let network = try TestNetwork()
            let manager = try TestManager(network)
            #expect(try waitForExit(of: TestManager.spawn(network, manager.folder)) == 1)
            #expect(try manager.ask(.ping) == .pong)
        }

        @Test func lostLinkIsReported() throws {
            let network = try TestNetwork()
            let manager = try TestManager(network)
            try network.on(.peer) { try run("ip", "link", "set", "eth0", "down") }
            #expect(try manager.receive() == .link(interface: "eth0", isUp: false))
            guard case .refused? = try manager.ask(.probe(TestNetwork.vip4.address)) else {
                Issue.record("a probe without a link must be refused")
                return
            }
            try network.on(.peer) { try run("ip", "link", "set", "eth0", "up") }
            #expect(try manager.receive() == .link(interface: "eth0", isUp: true))
        }

        /// A virtual machine's card that is replaced comes back under its name with another index.
        @Test func interfaceThatIsMadeAnewIsFollowed() throws {
            let network = try TestNetwork()
            let manager = try TestManager(network)
            try manager.guardAll()
            try manager.hold(for: .seconds(30))
            try network.on(.node) { try run("ip", "link", "delete", "eth0") }
            #expect(try manager.wait { $0 == .link(interface: "eth0", isUp: false) } != nil)
            try network.makeLink()
            #expect(try manager.wait { $0 == .link(interface: "eth0", isUp: true) } != nil)
            #expect(try eventually { try held(network) == [TestNetwork.vip4] })
            #expect(try manager.ask(.probe(IPAddress("10.77.0.100")!)) != nil)
            let traffic = try Traffic(network, to: TestNetwork.vip4.address)
            #expect(try traffic.flow(until: BootClock.now + .milliseconds(300)) != nil)
            // At rest again: no descriptor of the old interface keeps the loop awake.
            let before = try processorTime(of: manager.process)
            _ = try manager.receive(within: .milliseconds(300))
            #expect(try processorTime(of: manager.process) - before < .milliseconds(100))
        }

        /// From /proc/PID/schedstat.
        private func processorTime(of process: pid_t) throws -> Span {
            let path = "/proc/\(process)/schedstat"
            let file = try OwnedDescriptor.open(path, flags: O_RDONLY)
            let text = String(decoding: try file.readAll(limit: 4096, subject: path), as: UTF8.self)
            return Span(nanoseconds: try #require(text.split(separator: " ").first.flatMap { Int64($0) }))
        }

        @Test func wrongLineIsRefusedByName() throws {
            let network = try TestNetwork()
            let manager = try TestManager(network)
            try manager.sendLine("hold me")
            #expect(try manager.receive() == .refused("'me' is not an epoch, as 1.4711"))
            try manager.sendLine(String(repeating: "x", count: 3_000))
            guard case .refused? = try manager.receive() else {
                Issue.record("a long line must be refused")
                return
            }
            #expect(try manager.ask(.ping) == .pong)
        }

        /// From the request to the moment at which the fence is open and the address there. On a quiet machine well
        /// under a millisecond; the limit leaves room for a loaded one.
        @Test func takingIsQuick() throws {
            let network = try TestNetwork()
            let manager = try TestManager(network)
            try manager.guardAll()
            var spans: [Span] = []
            for revision in 1...20 {
                let before = BootClock.now
                try manager.hold(Int64(revision))
                spans.append(BootClock.now - before)
                _ = try manager.ask(.drop(epoch: Epoch(generation: 1, revision: Int64(revision))))
            }
            spans.sort()
            print("taking an address: median \(spans[10]), worst \(spans[19])")
            #expect(spans[10] < .milliseconds(5))
        }
    }
}
