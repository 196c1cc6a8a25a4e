import Glibc
import Linux
import Primitives
import Synchronization
import Testing

/// Whether this process may make network namespaces; says so once when it may not.
let mayMakeNetworks: Bool = {
    if geteuid() == 0 { return true }
    print("note: the tests of the VIP manager on a real kernel need root, and were skipped")
    return false
}()

/// Two network namespaces without names, `node` and `peer`, joined by a veth pair called eth0 on both sides. They end
/// with the last descriptor and process in them: nothing can be left behind.
final class TestNetwork: Sendable {
    static let vip4 = Subnet("10.77.0.50/24")!
    static let vip6 = Subnet("fd77::50/64")!

    private let node: OwnedDescriptor
    private let peer: OwnedDescriptor

    enum Side { case node, peer }

    init() throws {
        peer = try Self.make()
        node = try Self.make()
        for side in [Side.node, .peer] { try on(side) { try run("ip", "link", "set", "lo", "up") } }
        try makeLink()
    }

    func makeLink() throws {
        let target = "/proc/\(getpid())/fd/\(peer.raw)"
        try on(.node) { try run("ip", "link", "add", "eth0", "type", "veth", "peer", "name", "eth0", "netns", target) }
        try configure(.node, "10.77.0.11/24", "fd77::11/64")
        try configure(.peer, "10.77.0.100/24", "fd77::100/64")
    }

    private func configure(_ side: Side, _ four: String, _ six: String) throws {
        try on(side) {
            try run("ip", "link", "set", "eth0", "up")
            try run("ip", "addr", "add", four, "dev", "eth0")
            try run("ip", "addr", "add", six, "dev", "eth0", "nodad")
        }
    }

    private static func make() throws -> OwnedDescriptor {
        OwnedDescriptor(
            taking: try onThread {
                try NetworkNamespace.unshare()
                return try NetworkNamespace.current().release()
            })
    }

    /// Runs the body on a thread within the namespace. Sockets and processes that it makes stay there.
    func on<Value: Sendable>(_ side: Side, _ body: @escaping @Sendable () throws -> Value) throws -> Value {
        let raw = side == .node ? node.raw : peer.raw
        return try onThread {
            // A duplicate: the owner stays the owner.
            let copy = OwnedDescriptor(taking: try systemCall("duplicate") { dup(raw) })
            try NetworkNamespace.enter(copy)
            return try body()
        }
    }
}

/// Runs the body on a thread of its own and waits for it.
func onThread<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) throws -> Value {
    let outcome = Outcome<Value>()
    let thread = try OwnedThread("test") { outcome.set(Result { try body() }) }
    thread.join()
    return try outcome.get()
}

private final class Outcome<Value: Sendable>: Sendable {
    private let value = Mutex<Result<Value, any Error>?>(nil)

    func set(_ result: Result<Value, any Error>) { value.withLock { $0 = result } }
    func get() throws -> Value { try value.withLock { try #require($0).get() } }
}

/// Starts a program with the thread's namespace; returns its process id.
func start(_ arguments: [String]) throws -> pid_t {
    var pointers: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) } + [nil]
    defer { for pointer in pointers { free(pointer) } }
    // A daemon must not inherit that signals are blocked, should the test's thread have that.
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var none = sigset_t()
    sigemptyset(&none)
    posix_spawnattr_setsigmask(&attributes, &none)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
    var pid = pid_t()
    let code = posix_spawnp(&pid, arguments[0], nil, &attributes, &pointers, environ)
    guard code == 0 else { throw SystemError(operation: "start", subject: arguments[0], errno: code) }
    return pid
}

/// Runs a program to its end.
func run(_ arguments: String...) throws {
    let status = try waitForExit(of: start(arguments))
    try #require(status == 0, "\(arguments.joined(separator: " ")) ended with \(status)")
}

/// - Returns: the exit status, or 128 and the signal.
@discardableResult
func waitForExit(of pid: pid_t) throws -> Int32 {
    var status: Int32 = 0
    try systemCall("wait for a process") { waitpid(pid, &status, 0) }
    let signal = status & 0x7F
    return signal == 0 ? status >> 8 & 0xFF : 128 + signal
}

/// Waits until the condition holds, looking every two milliseconds.
func eventually(within span: Span = .seconds(5), _ condition: () throws -> Bool) throws -> Bool {
    let end = BootClock.now + span
    while BootClock.now < end {
        if try condition() { return true }
        var nothing: [pollfd] = []
        try Poller.wait(&nothing, until: BootClock.now + .milliseconds(2))
    }
    return try condition()
}
