import Glibc
import Linux
import Primitives
import Testing

@Suite struct UnixSocketTests {
    private func receive(_ descriptor: borrowing OwnedDescriptor, room: Int = 64) throws -> (Received, String) {
        var bytes = [UInt8](repeating: 0, count: room)
        let received = try bytes.withUnsafeMutableBytes { try descriptor.receive(into: $0) }
        guard case .bytes(let count) = received else { return (received, "") }
        return (received, String(decoding: bytes[..<min(count, room)], as: UTF8.self))
    }

    @Test func packetsKeepTheirBounds() throws {
        let scratch = try Scratch()
        let path = scratch.path + "/socket"
        let listener = try UnixSocket.listen(path, kind: .packets)
        #expect(try UnixSocket.accept(listener) == nil ? true : false)
        let client = try UnixSocket.connect(path, kind: .packets)
        let accepted = try UnixSocket.accept(listener)
        guard let server = accepted else {
            Issue.record("nobody was accepted")
            return
        }
        #expect(try receive(server).0 == .nothing)
        #expect(try client.send("ping") == 4)
        #expect(try client.send("a much longer message") == 21)
        #expect(try receive(server).1 == "ping")
        #expect(try receive(server, room: 6) == (.bytes(21), "a much"))
        try close(client)
        #expect(try Poller.waitReadable(server, until: BootClock.now + .seconds(5)))
        #expect(try receive(server).0 == .closed)
        #expect(throws: SystemError.self) { try sendOn(server) }
    }

    private func close(_ descriptor: consuming OwnedDescriptor) throws {}
    private func sendOn(_ descriptor: borrowing OwnedDescriptor) throws { _ = try descriptor.send("x") }

    @Test func whoDoesNotReadDoesNotBlockTheSender() throws {
        let scratch = try Scratch()
        let path = scratch.path + "/socket"
        let listener = try UnixSocket.listen(path, kind: .packets)
        let client = try UnixSocket.connect(path, kind: .packets)
        var sent = 0
        while try client.send("held 1.1 123456789") != nil, sent < 100_000 { sent += 1 }
        #expect(sent > 0 && sent < 100_000)
        _ = try UnixSocket.accept(listener)
    }

    @Test func onlyTheOwnerMayConnectAndALeftoverIsReplaced() throws {
        let scratch = try Scratch()
        let path = scratch.path + "/socket"
        _ = try UnixSocket.listen(path, kind: .stream).release()
        let second = try UnixSocket.listen(path, kind: .stream)
        var status = stat()
        #expect(stat(path, &status) == 0)
        #expect(status.st_mode & 0o777 == 0o600)
        _ = try UnixSocket.connect(path, kind: .stream)
        #expect(try Poller.waitReadable(second, until: BootClock.now + .seconds(5)))
    }

    @Test func nobodyListening() throws {
        let scratch = try Scratch()
        let path = scratch.path + "/socket"
        #expect(throws: SystemError(operation: "connect to", subject: path, errno: ENOENT)) {
            try connect(path)
        }
        let long = "/tmp/" + String(repeating: "x", count: 110)
        #expect(throws: SystemError(operation: "use as a socket", subject: long, errno: ENAMETOOLONG)) {
            try connect(long)
        }
    }

    private func connect(_ path: String) throws { _ = try UnixSocket.connect(path, kind: .packets) }
}

@Suite struct EventDescriptorTests {
    private func isReadable(_ raw: Int32, within span: Span) throws -> Bool {
        var set = [pollfd(fd: raw, events: Int16(POLLIN), revents: 0)]
        return try Poller.wait(&set, until: BootClock.now + span) == 1
    }

    @Test func timerFiresAtItsMoment() throws {
        var timer = try TimerDescriptor()
        let moment = BootClock.now + .milliseconds(20)
        try timer.arm(moment)
        #expect(try isReadable(timer.raw, within: .seconds(5)))
        #expect(BootClock.now >= moment)
        timer.clear()
        #expect(try !isReadable(timer.raw, within: .zero))
        // A moment that has passed fires at once.
        try timer.arm(BootClock.now - .seconds(1))
        #expect(try isReadable(timer.raw, within: .seconds(5)))
        try timer.arm(nil)
        #expect(try !isReadable(timer.raw, within: .zero))
    }

    @Test func wakeComesFromAnotherThread() throws {
        let wake = try WakeDescriptor()
        #expect(try !isReadable(wake.raw, within: .zero))
        let raw = wake.raw
        let thread = try OwnedThread("waker") {
            var one: UInt64 = 1
            _ = write(raw, &one, 8)
        }
        #expect(try isReadable(wake.raw, within: .seconds(5)))
        thread.join()
        wake.clear()
        #expect(try !isReadable(wake.raw, within: .zero))
        wake.wake()
        wake.wake()
        #expect(try isReadable(wake.raw, within: .zero))
    }

    @Test func bootClockGoesForward() {
        let before = BootClock.now
        #expect(BootClock.now >= before)
        #expect(before > Instant(nanoseconds: 0))
    }
}
