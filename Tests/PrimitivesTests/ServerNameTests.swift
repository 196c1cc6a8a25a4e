import Primitives
import Testing

@Suite("Servers as people write them")
struct ServerNameTests {
    @Test(
        "Good ones",
        arguments: [
            ("10.77.0.1", "10.77.0.1", nil), ("10.77.0.1:123", "10.77.0.1", 123), ("fd77::1", "fd77::1", nil),
            ("[fd77::1]:1123", "fd77::1", 1_123), ("[fd77::1]", "fd77::1", nil),
            ("ntp.example.org", "ntp.example.org", nil), ("time-1:65535", "time-1", 65_535),
        ] as [(String, String, Int?)])
    func good(text: String, host: String, port: Int?) {
        let name = ServerName(text)
        #expect(name?.host == host && name?.port == port)
        #expect(name.map { ServerName($0.description) } == name)
    }

    @Test(
        "Bad ones",
        arguments: [
            "", ":123", "host:", "host:0", "host:65536", "host:+1", "a b", "10.77.0.300", "10.77.0", "-a", "a-", "a..b",
            "[10.0.0.1]:1", "[fd77::1", "[fd77::1]x", "ho_st", "a:1:2", "host\n",
        ])
    func bad(text: String) { #expect(ServerName(text) == nil) }

    @Test("Time zones", arguments: ["UTC", "Europe/Zurich", "America/Argentina/Buenos_Aires", "Etc/GMT+1"])
    func zones(text: String) { #expect(TimeZoneName.isWellFormed(text)) }

    @Test("No time zones", arguments: ["", "/etc/passwd", "../x", "Europe/", "a/b/c/d", "Zürich", "a b"])
    func noZones(text: String) { #expect(!TimeZoneName.isWellFormed(text)) }
}
