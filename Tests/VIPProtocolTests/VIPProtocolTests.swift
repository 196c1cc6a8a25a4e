import Primitives
import Testing
import VIPProtocol

@Suite struct VIPProtocolTests {
    private static let mac = HardwareAddress("02:00:00:00:00:0a")!
    private static let four = Subnet("10.77.0.50/24")!
    private static let six = Subnet("fd77::50/64")!
    private static let epoch = Epoch(generation: 1, revision: 47)

    @Test(arguments: [
        (
            VIPRequest.hold(epoch: epoch, deadline: Instant(nanoseconds: 12), addresses: [four, six]),
            "hold 1.47 12 10.77.0.50/24,fd77::50/64"
        ),
        (.drop(epoch: epoch), "drop 1.47"),
        (.guarded(addresses: [four]), "guard 10.77.0.50/24"),
        (.probe(six.address), "probe fd77::50"),
        (.ping, "ping"),
    ])
    func requestsAreLines(request: VIPRequest, line: String) throws {
        #expect(request.description == line)
        #expect(try VIPRequest(parsing: line) == request)
        #expect(try VIPRequest(parsing: line + "\n") == request)
    }

    @Test(arguments: [
        (VIPReply.held(epoch: epoch, since: Instant(nanoseconds: 5)), "held 1.47 5"),
        (.dropped(epoch: epoch), "dropped 1.47"),
        (.refused("epoch 1.1 is old"), "refused epoch 1.1 is old"),
        (.conflict(four.address, mac), "conflict 10.77.0.50 02:00:00:00:00:0a"),
        (.probed(four.address, nil), "probed 10.77.0.50 free"),
        (.probed(six.address, mac), "probed fd77::50 used 02:00:00:00:00:0a"),
        (.link(interface: "eth0", isUp: true), "link eth0 up"),
        (.link(interface: "eth0", isUp: false), "link eth0 down"),
        (.pong, "pong"),
    ])
    func repliesAreLines(reply: VIPReply, line: String) throws {
        #expect(reply.description == line)
        #expect(try VIPReply(parsing: line) == reply)
    }

    @Test(arguments: [
        ("", "a message is empty"),
        ("keep 1.1", "'keep' is not a request (hold, drop, guard, probe, ping)"),
        ("hold", "'hold' lacks its epoch"),
        ("hold 1 5 10.0.0.1/8", "'1' is not an epoch, as 1.4711"),
        ("hold 1.1 soon 10.0.0.1/8", "'soon' is not a moment in nanoseconds since boot"),
        ("hold 1.1 -5 10.0.0.1/8", "'-5' is not a moment in nanoseconds since boot"),
        ("hold 1.1 5", "'hold' lacks its list of addresses"),
        ("hold 1.1 5 10.0.0.1", "'10.0.0.1' is not an address with a prefix length, as 10.77.0.50/24"),
        ("hold 1.1 5 10.0.0.1/8,", "'' is not an address with a prefix length, as 10.77.0.50/24"),
        ("hold 1.1 5 10.0.0.1/8,10.0.0.1/16", "the address 10.0.0.1 is given twice"),
        ("hold 1.1 5 224.0.0.1/8", "224.0.0.1 cannot be a virtual address"),
        ("hold 1.1 5 ::1/128", "::1 cannot be a virtual address"),
        ("drop 1.1 now", "'drop' has too much after it: 'now'"),
        ("ping ", "'ping' has too much after it: ''"),
        ("probe 10.0.0.256", "'10.0.0.256' is not an IP address"),
        ("drop 1.1\u{0}", "a message holds control characters"),
    ])
    func wrongRequestsAreNamed(line: String, sentence: String) {
        #expect(throws: VIPProtocolError(sentence)) { try VIPRequest(parsing: line) }
    }

    @Test func longMessageIsRefused() {
        let line = "ping" + String(repeating: " ", count: 1021)
        #expect(throws: VIPProtocolError("a message has 1025 bytes, more than 1024")) {
            try VIPRequest(parsing: line)
        }
    }

    @Test func tooManyAddressesAreRefused() {
        let list = (1...17).map { "10.0.0.\($0)/24" }.joined(separator: ",")
        #expect(throws: VIPProtocolError("17 addresses are more than 16")) { try VIPRequest(parsing: "guard \(list)") }
    }

    @Test(arguments: ["conflict 10.0.0.1 02:00", "probed 10.0.0.1 maybe", "link eth0 sideways", "held 1.1 x", "hello"])
    func wrongRepliesAreRefused(line: String) {
        #expect(throws: VIPProtocolError.self) { try VIPReply(parsing: line) }
    }

    @Test(arguments: ["", "02", "02:00:00:00:00", "02:00:00:00:00:0g", "2:0:0:0:0:0", "+2:00:00:00:00:00"])
    func wrongHardwareAddressesAreRefused(text: String) {
        #expect(HardwareAddress(text) == nil)
    }
}
