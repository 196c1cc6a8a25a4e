import NBDProtocol
import Testing

/// Conversations as the bytes on the wire, written by hand from the specification.
@Suite struct HandshakeTests {
    private static let greeting = "4e42444d41474943 49484156454f5054 0003"
    /// What the client sends ahead of each option, and the server ahead of each answer.
    private static let option = "49484156454f5054"
    private static let answer = "0003e889045565a9"
    private static let terms = NBDTerms(
        size: 0x10_0000, blockSize: 512, allowsConnections: true, description: "d",
        contexts: [NBDTerms.allocation, NBDTerms.dirty])

    /// Every byte by itself, so that no message depends on how the network cuts it.
    private func talk(
        _ handshake: inout NBDHandshake, _ says: String, terms: NBDTerms? = HandshakeTests.terms
    ) -> (bytes: String, rest: [NBDHandshake.Effect]) {
        var sent: [UInt8] = []
        var rest: [NBDHandshake.Effect] = []
        for byte in Hex.bytes(says) {
            var effects: [NBDHandshake.Effect] = []
            handshake.step(.received([byte]), into: &effects)
            while !effects.isEmpty {
                switch effects.removeFirst() {
                case .send(let bytes): sent += bytes
                case .find:
                    handshake.step(
                        terms.map(NBDHandshake.Event.found) ?? .notFound(.unknown("no")), into: &effects)
                case .list: handshake.step(.listed([.init(name: "a", description: "b")]), into: &effects)
                case let other: rest.append(other)
                }
            }
        }
        return (Hex.text(sent), rest)
    }

    private func begun(_ tls: NBDHandshake.TLS = .none, flags: String = "00000003") -> NBDHandshake {
        var handshake = NBDHandshake(tls: tls)
        var effects: [NBDHandshake.Effect] = []
        handshake.step(.connected, into: &effects)
        #expect(effects == [.send(Hex.bytes(Self.greeting))])
        #expect(talk(&handshake, flags).bytes == "")
        return handshake
    }

    private func expect(_ conversation: [(String, String)], _ handshake: inout NBDHandshake) {
        for (says, hears) in conversation { #expect(talk(&handshake, says).bytes == Hex.text(Hex.bytes(hears))) }
    }

    @Test func goWithEverything() {
        var handshake = begun()
        expect(
            [
                // Structured replies.
                ("\(Self.option) 00000008 00000000", "\(Self.answer) 00000008 00000001 00000000"),
                // The contexts of "a": all of the namespace base, then one that is chosen and one that is not there.
                (
                    "\(Self.option) 00000009 00000012 00000001 61 00000001 00000005 626173653a",
                    "\(Self.answer) 00000009 00000004 00000013 00000000 626173653a616c6c6f636174696f6e "
                        + "\(Self.answer) 00000009 00000001 00000000"
                ),
                (
                    "\(Self.option) 0000000a 0000001f 00000001 61 00000002 0000000d 6b65656c736f6e3a6469727479 00000001 78",
                    "\(Self.answer) 0000000a 00000004 00000011 00000001 6b65656c736f6e3a6469727479 "
                        + "\(Self.answer) 0000000a 00000001 00000000"
                ),
                // Information: name, description, block sizes.
                (
                    "\(Self.option) 00000006 0000000d 00000001 61 0003 0001 0002 0003",
                    "\(Self.answer) 00000006 00000003 0000000c 0000 0000000000100000 09ed "
                        + "\(Self.answer) 00000006 00000003 00000003 0001 61 "
                        + "\(Self.answer) 00000006 00000003 00000003 0002 64 "
                        + "\(Self.answer) 00000006 00000003 0000000e 0003 00000200 00001000 02000000 "
                        + "\(Self.answer) 00000006 00000001 00000000"
                ),
            ], &handshake)
        let (bytes, rest) = talk(&handshake, "\(Self.option) 00000007 00000007 00000001 61 0000")
        #expect(
            bytes
                == Hex.text(
                    Hex.bytes(
                        "\(Self.answer) 00000007 00000003 0000000c 0000 0000000000100000 09ed "
                            + "\(Self.answer) 00000007 00000001 00000000")))
        #expect(
            rest == [.transmit(NBDTransmission(name: "a", terms: Self.terms, isStructured: true, contexts: [1]))])
        #expect(handshake.isOver)
    }

    @Test(arguments: [("00000003", 0), ("00000001", 124)]) func exportNameKnowsNoErrors(flags: String, zeros: Int) {
        var handshake = begun(flags: flags)
        let (bytes, rest) = talk(&handshake, "\(Self.option) 00000001 00000001 61")
        #expect(bytes == "0000000000100000" + "096d" + String(repeating: "00", count: zeros))
        #expect(rest == [.transmit(NBDTransmission(name: "a", terms: Self.terms, isStructured: false))])
        var other = begun(flags: flags)
        #expect(talk(&other, "\(Self.option) 00000001 00000001 61", terms: nil).rest == [.close("no")])
    }

    @Test func whatComesBehindTheChoiceIsARequest() {
        var handshake = begun()
        var effects: [NBDHandshake.Effect] = []
        handshake.step(.received(Hex.bytes("\(Self.option) 00000001 00000001 61 2560")), into: &effects)
        #expect(effects == [.find("a")])
        effects = []
        handshake.step(.found(Self.terms), into: &effects)
        guard case .transmit(let agreed) = effects.last else {
            Issue.record("no transmission: \(effects)")
            return
        }
        #expect(agreed.rest == [0x25, 0x60])
    }

    @Test func refusals() {
        var handshake = begun()
        expect(
            [
                // Unknown, list, list with data, contexts without structured replies, TLS that there is not.
                ("\(Self.option) 00000063 00000002 0102", "\(Self.answer) 00000063 80000001 00000000"),
                (
                    "\(Self.option) 00000003 00000000",
                    "\(Self.answer) 00000003 00000002 00000006 00000001 61 62 "
                        + "\(Self.answer) 00000003 00000001 00000000"
                ),
                (
                    "\(Self.option) 00000003 00000001 00",
                    "\(Self.answer) 00000003 80000003 00000010 " + Hex.text("list has no data")
                ),
                (
                    "\(Self.option) 0000000a 00000008 00000000 00000000",
                    "\(Self.answer) 0000000a 80000003 00000018 " + Hex.text("structured replies first")
                ),
                (
                    "\(Self.option) 00000005 00000000",
                    "\(Self.answer) 00000005 80000002 00000014 " + Hex.text("there is no TLS here")
                ),
                // A name that goes past the end of the option, and more information types than there are.
                (
                    "\(Self.option) 00000007 00000006 00000003 61 00",
                    "\(Self.answer) 00000007 80000003 00000015 " + Hex.text("it is not well formed")
                ),
                (
                    "\(Self.option) 00000006 00000007 00000001 61 0001",
                    "\(Self.answer) 00000006 80000003 00000015 " + Hex.text("it is not well formed")
                ),
            ], &handshake)
        let unknown = talk(&handshake, "\(Self.option) 00000007 00000007 00000001 61 0000", terms: nil)
        #expect(unknown.bytes == Hex.text(Hex.bytes("\(Self.answer) 00000007 80000006 00000002 6e6f")))
        let abort = talk(&handshake, "\(Self.option) 00000002 00000000")
        #expect(abort.bytes == Hex.text(Hex.bytes("\(Self.answer) 00000002 00000001 00000000")))
        #expect(abort.rest == [.close("")])
    }

    @Test func blocksOf4096MustBeAskedFor() {
        var handshake = begun()
        let terms = NBDTerms(size: 8192, blockSize: 4096)
        let (bytes, rest) = talk(&handshake, "\(Self.option) 00000007 00000007 00000001 61 0000", terms: terms)
        #expect(bytes.hasPrefix(Hex.text(Hex.bytes("\(Self.answer) 00000007 80000008"))))
        #expect(rest == [])
        let asked = talk(&handshake, "\(Self.option) 00000007 00000009 00000001 61 0001 0003", terms: terms)
        #expect(asked.rest == [.transmit(NBDTransmission(name: "a", terms: terms, isStructured: false))])
    }

    @Test func nothingIsAnsweredAheadOfTLSThatIsRequired() {
        var handshake = begun(.required)
        let list = talk(&handshake, "\(Self.option) 00000003 00000000")
        #expect(list.bytes.hasPrefix(Hex.text(Hex.bytes("\(Self.answer) 00000003 80000005"))))
        // What was agreed in the clear does not count: structured replies are asked for again below.
        let start = talk(&handshake, "\(Self.option) 00000005 00000000")
        #expect(start.bytes == Hex.text(Hex.bytes("\(Self.answer) 00000005 00000001 00000000")))
        #expect(start.rest == [.startTLS])
        var effects: [NBDHandshake.Effect] = []
        handshake.step(.encrypted, into: &effects)
        let twice = talk(&handshake, "\(Self.option) 00000005 00000000")
        #expect(twice.bytes == Hex.text(Hex.bytes("\(Self.answer) 00000005 80000003 00000000")))
        let go = talk(&handshake, "\(Self.option) 00000007 00000007 00000001 61 0000")
        #expect(go.rest == [.transmit(NBDTransmission(name: "a", terms: Self.terms, isStructured: false))])
        var other = begun(.required)
        let name = talk(&other, "\(Self.option) 00000001 00000001 61")
        #expect(name.rest == [.close("the client asks for an export without TLS")])
    }

    @Test func bytesAheadOfTLSEndTheConnection() {
        var handshake = begun(.offered)
        var effects: [NBDHandshake.Effect] = []
        handshake.step(
            .received(Hex.bytes("\(Self.option) 00000005 00000000 \(Self.option)")), into: &effects)
        #expect(effects == [.close("the client talks ahead of TLS")])
    }

    @Test(arguments: [
        ("00000007", "the client has flags that are not known: 7"),
        ("00000003 0000000000000000 00000003 00000000", "an option does not begin as one"),
        ("00000003 49484156454f5054 00000003 00010001", "an option of 65537 bytes"),
    ]) func whoIsNotToBeUnderstoodIsLeft(says: String, reason: String) {
        var handshake = NBDHandshake()
        var effects: [NBDHandshake.Effect] = []
        handshake.step(.connected, into: &effects)
        handshake.step(.received(Hex.bytes(says)), into: &effects)
        #expect(effects.last == .close(reason))
        #expect(handshake.isOver)
    }
}

enum Hex {
    static func bytes(_ text: String) -> [UInt8] {
        let digits = text.compactMap(\.hexDigitValue).map(UInt8.init)
        return stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
    }

    static func text(_ bytes: [UInt8]) -> String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    /// A sentence as the digits of its bytes.
    static func text(_ sentence: String) -> String { text(Array(sentence.utf8)) }
}
