import BundleCore
import Testing

@Suite("Secrets in free text")
struct ScrubberTests {
    private func scrub(_ text: String) -> String { String(decoding: Scrubber.scrub(Array(text.utf8)), as: UTF8.self) }

    @Test(
        "What is secret goes, what surrounds it stays",
        arguments: [
            ("token kj1.aa.bb.cc used", "token kj1.[removed] used"),
            (#"{"token":"ku1.0a0b.c0ffee","x":1}"#, #"{"token":"ku1.[removed]","x":1}"#),
            ("session ks1.AbC_d-9,next", "session ks1.[removed],next"),
            ("Authorization: Bearer abc", "Authorization:[removed]"),
            (#"got "authorization": "Basic dGlt""#, #"got "authorization":[removed]"#),
            ("header bearer abc.def end", "header bearer [removed] end"),
            ("smtpPassword = correct horse", "smtpPassword =[removed]"),
            ("PASSWD=x", "PASSWD=[removed]"), (#"\"client_secret\": \"x\""#, #"\"client_secret\":[removed]"#),
            ("Set-Cookie: a=b", "Set-Cookie:[removed]"),
            ("https://tim:sesame@host.example/x", "https://[removed]@host.example/x"),
            ("see https://host.example/a@b", "see https://host.example/a@b"),
            ("otpauth://totp/x?secret=ABC end", "otpauth:[removed][removed]"),
            ("hash $argon2id$v=19$m=1,t=2$c2E$aGE end", "hash $argon2[removed] end"),
            ("the password was changed", "the password was changed"),
            ("passwordSet: true", "passwordSet: true"), ("", ""), ("a\n\nb\n", "a\n\nb\n"),
        ])
    func lines(text: String, expected: String) { #expect(scrub(text) == expected) }

    @Test("Armour goes whole, also with escaped line ends and without its end; certificates stay")
    func armour() {
        let key = "-----BEGIN PRIVATE KEY-----\nMIIB\nAAAA\n-----END PRIVATE KEY-----"
        #expect(scrub("a\n\(key)\nb") == "a\n[removed]\nb")
        #expect(scrub("k=\(key.replacing("\n", with: "\\n")) b") == "k=[removed] b")
        #expect(scrub("a -----BEGIN EC PRIVATE KEY-----\nMIIB\nlog") == "a [removed]")
        #expect(scrub("-----BEGIN KEELSON LICENSE-----\nAAAA\n-----END KEELSON LICENSE-----\n") == "[removed]\n")
        let certificate = "-----BEGIN CERTIFICATE-----\nMIIC\n-----END CERTIFICATE-----\n"
        #expect(scrub(certificate + key) == certificate + "[removed]")
    }

    @Test("Bytes that are no text pass")
    func bytes() { #expect(Scrubber.scrub([0xFF, 10, 0x00]) == [0xFF, 10, 0x00]) }
}
