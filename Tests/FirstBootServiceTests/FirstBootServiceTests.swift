import ConfigurationCore
import FirstBootCore
import FirstBootService
import Glibc
import Lab
import Linux
import Primitives
import Synchronization
import Testing

@Suite("First boot on a real kernel", .enabled(if: geteuid() == 0, "network namespaces need root"))
struct FirstBootServiceTests {
    private let folder: String

    init() throws {
        var template = Array("/tmp/keelson-firstboot-XXXXXX".utf8CString)
        folder = try #require(mkdtemp(&template).map { String(cString: $0) })
    }

    @Test("Waits for the address, then writes a configuration that the daemons read")
    func waits() throws {
        defer { remove(folder: folder) }
        let path = folder + "/etc/keelson.toml"
        let outcome = Outcome()
        let node = try OwnedThread("firstboot") {
            outcome.set(
                Result {
                    try NetworkNamespace.unshare()
                    try Command.run(["ip", "link", "add", "eth0", "type", "veth", "peer", "name", "cable"])
                    try Command.run(["ip", "link", "set", "cable", "up"])
                    let plug = try networkAdministrator { try plugIn() }
                    let place = Result { try FirstBoot.run(path: path) }
                    plug.join()
                    return try place.get()
                })
        }
        node.join()
        let place = try #require(try outcome.get())
        #expect(place.interface == "eth0" && place.address == Subnet("192.0.2.11/24"))
        let text = String(decoding: try #require(try DurableFile.read(path)), as: UTF8.self)
        #expect(try NodeConfiguration.parse(text).address == place.address)
    }

    @Test("A configuration that is there is left alone")
    func leaves() throws {
        defer { remove(folder: folder) }
        let path = folder + "/keelson.toml"
        try DurableFile.replace(path, with: Array("mine".utf8), mode: 0o644)
        #expect(try FirstBoot.run(path: path) == nil)
        #expect(try DurableFile.read(path) == Array("mine".utf8))
    }

    private func remove(folder: String) {
        do { try Command.run(["rm", "-r", folder]) } catch { Issue.record(error) }
    }
}

/// First an address that does not count, then the one that does.
private func plugIn() throws {
    try Command.run(["ip", "link", "set", "eth0", "up"])
    try Command.run(["ip", "address", "add", "169.254.1.1/16", "dev", "eth0"])
    try Command.run(["ip", "address", "add", "192.0.2.11/24", "dev", "eth0"])
}

/// Somebody else in the network namespace of the calling thread.
private func networkAdministrator(_ body: @escaping @Sendable () throws -> Void) throws -> OwnedThread {
    let namespace = try NetworkNamespace.current().release()
    return try OwnedThread("administrator") {
        do {
            try NetworkNamespace.enter(OwnedDescriptor(taking: namespace))
            try body()
        } catch { Issue.record(error) }
    }
}

private final class Outcome: Sendable {
    private let value = Mutex<Result<NodePlace?, any Error>?>(nil)

    func set(_ result: Result<NodePlace?, any Error>) { value.withLock { $0 = result } }
    func get() throws -> NodePlace? { try value.withLock { try #require($0).get() } }
}
