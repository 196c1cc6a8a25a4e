import Primitives
import Testing

@Suite struct IPAddressTests {
    @Test(arguments: [
        ("10.77.0.50", "10.77.0.50"), ("0.0.0.0", "0.0.0.0"), ("::", "::"), ("::1", "::1"), ("fd77::50", "fd77::50"),
        ("FE80:0:0:0:0:0:0:1", "fe80::1"), ("1:0:0:2:0:0:0:3", "1:0:0:2::3"), ("1::2:0:0:3:4", "1::2:0:0:3:4"),
        ("1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8"),
    ])
    func parsesAndPrints(text: String, printed: String) {
        #expect(IPAddress(text)?.description == printed)
    }

    @Test(arguments: [
        "", "10.77.0", "10.77.0.256", "10.77.0.050", "1.2.3.4.5", "1..2.3", "+1.2.3.4", ":", ":::", "1::2::3",
        "12345::",
        "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "1:2:3:4:5:6:7:8::", "g::", "1:", "::+1",
    ])
    func refuses(text: String) {
        #expect(IPAddress(text) == nil)
    }

    @Test func subnetContains() throws {
        let subnet = try #require(Subnet("10.77.0.50/22"))
        #expect(subnet.contains(try #require(IPAddress("10.77.3.255"))))
        #expect(!subnet.contains(try #require(IPAddress("10.77.4.0"))))
        #expect(!subnet.contains(try #require(IPAddress("fd77::1"))))
        #expect(Subnet("10.77.0.50/33") == nil)
        #expect(Subnet("10.77.0.50/+3") == nil)
        #expect(Subnet("fd77::50/64")?.description == "fd77::50/64")
    }
}
