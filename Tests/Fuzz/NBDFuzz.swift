import NBDProtocol

/// What a client sends must never trap, must mean the same however the network cuts it, and a request that is served
/// must lie within the export. The first byte chooses TLS, whether the export is there, and the size of the pieces.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzNBD(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let input = UnsafeBufferPointer(start: bytes, count: count)
    guard let first = input.first else { return 0 }
    let client = Array(input.dropFirst())
    let isThere = first & 4 == 0
    let size = Int(first >> 3) + 1
    switch first % 4 {
    case 1: _ = Conversation(client, cutInto: size, .offered, isThere)
    case 2: _ = Conversation(client, cutInto: size, .required, isThere)
    default:
        let whole = Conversation(client, cutInto: max(1, client.count), .none, isThere)
        let pieces = Conversation(client, cutInto: size, .none, isThere)
        precondition(whole == pieces, "the same bytes were understood in two ways")
        if let agreed = whole.agreed { checkRequests(agreed) }
    }
    return 0
}

private struct Conversation: Equatable {
    var sent: [UInt8] = []
    var agreed: NBDTransmission?
    var reason: String?

    init(_ client: [UInt8], cutInto size: Int, _ tls: NBDHandshake.TLS, _ isThere: Bool) {
        var handshake = NBDHandshake(tls: tls)
        run(.connected, &handshake, isThere)
        var at = 0
        while at < client.count, !handshake.isOver {
            let end = min(client.count, at + size)
            run(.received(Array(client[at..<end])), &handshake, isThere)
            at = end
        }
        // What was not given to the handshake any more is a request too.
        agreed?.rest += client[at...]
        precondition(handshake.isOver == (agreed != nil || reason != nil), "an end without a word")
    }

    private mutating func run(_ event: NBDHandshake.Event, _ handshake: inout NBDHandshake, _ isThere: Bool) {
        var effects: [NBDHandshake.Effect] = []
        handshake.step(event, into: &effects)
        while !effects.isEmpty {
            switch effects.removeFirst() {
            case .send(let bytes): sent += bytes
            case .startTLS: handshake.step(.encrypted, into: &effects)
            case .list: handshake.step(.listed([.init(name: "disk", description: "a disk")]), into: &effects)
            case .find(let name):
                let terms = NBDTerms(
                    size: 1 << 20, blockSize: name.isEmpty ? 4096 : 512, isReadOnly: name == "r",
                    contexts: [NBDTerms.allocation, NBDTerms.dirty])
                handshake.step(isThere ? .found(terms) : .notFound(.unknown("no")), into: &effects)
            case .transmit(let transmission): agreed = transmission
            case .close(let text): reason = text
            }
        }
    }
}

private func checkRequests(_ agreed: NBDTransmission) {
    var rest = agreed.rest[...]
    while rest.count >= NBDRequest.size {
        guard let request = rest.withUnsafeBytes({ NBDRequest($0) }) else { return }
        rest = rest.dropFirst(NBDRequest.size)
        guard case .serve(let command) = request.verdict(agreed) else { continue }
        if command == .disconnect || command == .flush { continue }
        let block = UInt64(agreed.terms.blockSize)
        precondition(request.length > 0 && request.offset % block == 0 && UInt64(request.length) % block == 0)
        precondition(request.offset <= agreed.terms.size, "a request behind the end")
        precondition(UInt64(request.length) <= agreed.terms.size - request.offset, "a request past the end")
        precondition(!agreed.terms.isReadOnly || command == .read || command == .blockStatus, "a write to read-only")
    }
}
