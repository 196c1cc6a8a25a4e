import Glibc
import Linux
import Netlink
import PacketProtocol
import Primitives
import Testing
import VIPProtocol

/// The kernel's part: real traffic, real tables, a manager that is stopped.
extension KernelTests {
    @Suite struct FenceTests {
        /// The kernel counts in ticks (4 ms with 250 Hz, 10 ms with 100 Hz) and may cut one tick early, never late by
        /// more than a few; a loaded machine delays this test's own clock.
        private func checkCut(_ last: Instant, _ deadline: Instant) {
            let late = last - deadline
            #expect(late > .milliseconds(-25) && late < .milliseconds(50), "cut \(late) after the deadline")
        }

        @Test(arguments: [TestNetwork.vip4, TestNetwork.vip6])
        func trafficPassesUntilTheDeadline(vip: Subnet) throws {
            let network = try TestNetwork()
            let manager = try TestManager(network)
            try manager.guardAll()
            let traffic = try Traffic(network, to: vip.address)
            #expect(try traffic.flow(until: BootClock.now + .milliseconds(50)) == nil)
            let deadline = try manager.hold(for: .milliseconds(300), [vip])
            let seen = try #require(try traffic.flow(until: deadline + .milliseconds(150)))
            checkCut(seen.last, deadline)
        }

        @Test(arguments: [TestNetwork.vip4, TestNetwork.vip6])
        func stoppedManagerLosesTheTrafficAtTheDeadline(vip: Subnet) throws {
            let network = try TestNetwork()
            let manager = try TestManager(network)
            try manager.guardAll()
            let traffic = try Traffic(network, to: vip.address)
            let deadline = try manager.hold(for: .milliseconds(500), [vip])
            // It still runs for its second announcement: the kernel joins the group of a new IPv6 address a moment
            // after it was added, so that a first solicitation may be lost, and is repeated only after a second.
            try #require(traffic.flow(until: BootClock.now + .milliseconds(150)) != nil)
            manager.signal(SIGSTOP)
            let seen = try #require(try traffic.flow(until: deadline + .milliseconds(200)))
            checkCut(seen.last, deadline)
            // The address is still there, so it is the fence that cut.
            let held = try network.on(.node) {
                var route = try RouteSocket()
                return try route.addresses().contains { $0.subnet == vip }
            }
            #expect(held)
        }

        @Test(arguments: [TestNetwork.vip4, TestNetwork.vip6])
        func stoppedManagerAnswersNobodyAfterTheDeadline(vip: Subnet) throws {
            let network = try TestNetwork()
            let manager = try TestManager(network)
            try manager.guardAll()
            let deadline = try manager.hold(for: .milliseconds(400), [vip])
            manager.signal(SIGSTOP)
            let answers = try network.on(.peer) {
                let port = try PacketPort(interface: "eth0")
                try port.listen(for: [vip.address])
                let before = try hears(port, vip.address, until: deadline - .milliseconds(30))
                _ = try eventually { BootClock.now > deadline + .milliseconds(50) }
                return [before, try hears(port, vip.address, until: BootClock.now + .milliseconds(200))]
            }
            #expect(answers == [true, false])
        }

        @Test func refreshesKeepItOpenWithoutAGap() throws {
            let network = try TestNetwork()
            let manager = try TestManager(network)
            try manager.guardAll()
            let traffic = try Traffic(network, to: TestNetwork.vip4.address)
            try manager.hold(for: .milliseconds(200))
            for _ in 0..<30 {
                let start = BootClock.now
                try manager.hold(for: .milliseconds(200))
                let seen = try #require(try traffic.flow(until: start + .milliseconds(30)))
                #expect(seen.last > start)
            }
        }

        /// A connection that is open when the deadline passes gets nothing more through, in either direction.
        @Test func establishedConnectionIsCut() throws {
            let network = try TestNetwork()
            let manager = try TestManager(network)
            try manager.guardAll()
            let deadline = try manager.hold(for: .milliseconds(400))
            let pair = try StreamPair(network, to: TestNetwork.vip4.address)
            #expect(try pair.exchange(within: .milliseconds(200)))
            manager.signal(SIGSTOP)
            _ = try eventually { BootClock.now > deadline + .milliseconds(50) }
            #expect(try !pair.exchange(within: .milliseconds(300)))
        }

        /// A firewall that is loaded again may flush every table.
        @Test func flushedTablesAreMadeAnew() throws {
            let network = try TestNetwork()
            let manager = try TestManager(network)
            try manager.guardAll()
            try manager.hold(for: .milliseconds(300))
            try network.on(.node) {
                var fence = try Fence()
                try fence.remove()
            }
            let deadline = try manager.hold(for: .milliseconds(300))
            manager.signal(SIGSTOP)
            let traffic = try Traffic(network, to: TestNetwork.vip4.address)
            let seen = try #require(try traffic.flow(until: deadline + .milliseconds(150)))
            checkCut(seen.last, deadline)
        }

        @Test func addressEndsByItselfWithoutItsManager() throws {
            let network = try TestNetwork()
            let manager = try TestManager(network)
            try manager.guardAll()
            let both = [TestNetwork.vip4, TestNetwork.vip6]
            try manager.hold(for: .milliseconds(100), both)
            manager.signal(SIGKILL)
            #expect(try manager.waitForEnd() == 128 + SIGKILL)
            let (lifetimes, gone) = try network.on(.node) {
                var route = try RouteSocket()
                let held = try route.addresses().filter { both.contains($0.subnet) }
                let gone = try eventually(within: .seconds(6)) {
                    try !route.addresses().contains { both.contains($0.subnet) }
                }
                return (held.map { $0.validSeconds ?? .max }, gone)
            }
            #expect(lifetimes.count == 2 && lifetimes.allSatisfy { $0 <= 3 })
            #expect(gone)
        }
    }
}

/// Asks every 20 ms until somebody answers or the moment has come.
func hears(_ port: borrowing PacketPort, _ address: IPAddress, until end: Instant) throws -> Bool {
    while BootClock.now < end {
        try port.probe(address)
        let next = min(end, BootClock.now + .milliseconds(20))
        while BootClock.now < next {
            var set = [port.raw.arp, port.raw.neighbors].map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
            guard try Poller.wait(&set, until: next) > 0 else { continue }
            if let seen = try port.sighting(), seen.address == address { return true }
        }
    }
    return false
}
