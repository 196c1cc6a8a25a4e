/// The server's side of a fixed newstyle handshake: bytes and answers of the catalogue come in, effects go out.
public struct NBDHandshake: Sendable {
    public enum TLS: Sendable {
        case none, offered
        /// Nothing but the start of TLS is answered before it.
        case required
    }

    public enum Event: Equatable, Sendable {
        case connected
        case received([UInt8])
        /// The connection is encrypted from here on.
        case encrypted
        /// The answer to `list`.
        case listed([Listed])
        /// The answers to `find`.
        case found(NBDTerms)
        case notFound(Refusal)
    }

    public struct Listed: Equatable, Sendable {
        public var name: String
        public var description: String

        public init(name: String, description: String = "") {
            self.name = name
            self.description = description
        }
    }

    /// Why an export is not given.
    public enum Refusal: Equatable, Sendable {
        case unknown(String)
        /// It is there, but not to be had (now).
        case forbidden(String)

        var text: String {
            switch self {
            case .unknown(let text), .forbidden(let text): text
            }
        }
    }

    public enum Effect: Equatable, Sendable {
        case send([UInt8])
        /// To be done after everything was sent; answered with `encrypted`.
        case startTLS
        case list
        /// The client asks for an export. The next `find` or `transmit` of the same name means the same one.
        case find(String)
        /// The handshake is over: requests follow.
        case transmit(NBDTransmission)
        /// After everything was sent. The reason is for the log; empty when the client wished it.
        case close(String)
    }

    enum State: Equatable, Sendable {
        case greeting, flags, options, starting
        case listing
        case finding(NBDOption, Query)
        case over
    }

    /// An option that is about an export.
    struct Query: Equatable, Sendable {
        var name: String
        /// Information types that the client asks for (info and go), or none.
        var information: [UInt16] = []
        /// Meta contexts that it asks for.
        var contexts: [String] = []
    }

    /// Bytes of an option's data at most; a name has at most 4096.
    static let longestOption: UInt32 = 65_536
    static let longestName = 4096

    let tls: TLS
    var state = State.greeting
    var buffer: [UInt8] = []
    var isEncrypted = false
    var isStructured = false
    var omitsZeros = false
    /// What was chosen with set meta context, and for which export.
    var chosen: (name: String, contexts: [Int])?

    public init(tls: TLS = .none) { self.tls = tls }

    /// Whether the handshake is over, one way or the other.
    public var isOver: Bool { state == .over }

    public mutating func step(_ event: Event, into effects: inout [Effect]) {
        switch (state, event) {
        case (.greeting, .connected):
            var bytes: [UInt8] = []
            bytes.appendBigEndian(NBDMagic.greeting)
            bytes.appendBigEndian(NBDMagic.option)
            bytes.appendBigEndian(UInt16(0b11))
            effects.append(.send(bytes))
            state = .flags
        case (_, .received(let bytes)):
            buffer += bytes
        case (.starting, .encrypted):
            // What was said in the clear does not count.
            isEncrypted = true
            isStructured = false
            chosen = nil
            state = .options
        case (.listing, .listed(let exports)):
            answerList(exports, &effects)
        case (.finding(let option, let query), .found(let terms)):
            state = .options
            answer(option, query, terms, &effects)
        case (.finding(let option, _), .notFound(let refusal)):
            state = .options
            answer(option, refusal, &effects)
        case (.over, _): return
        default: preconditionFailure("\(event) does not belong into the handshake's state \(state)")
        }
        while advance(&effects) {}
    }

    /// - Returns: whether there may be more to do.
    private mutating func advance(_ effects: inout [Effect]) -> Bool {
        switch state {
        case .flags: return readFlags(&effects)
        case .options: return readOption(&effects)
        default: return false
        }
    }

    private mutating func readFlags(_ effects: inout [Effect]) -> Bool {
        guard buffer.count >= 4 else { return false }
        let flags: UInt32 = buffer.bigEndian(at: 0)
        buffer.removeFirst(4)
        guard flags & ~0b11 == 0 else {
            close("the client has flags that are not known: \(flags)", &effects)
            return false
        }
        omitsZeros = flags & 0b10 != 0
        state = .options
        return true
    }

    private mutating func readOption(_ effects: inout [Effect]) -> Bool {
        guard buffer.count >= 16 else { return false }
        guard buffer.bigEndian(at: 0) as UInt64 == NBDMagic.option else {
            close("an option does not begin as one", &effects)
            return false
        }
        let number: UInt32 = buffer.bigEndian(at: 8)
        let length: UInt32 = buffer.bigEndian(at: 12)
        guard length <= Self.longestOption else {
            reply(number, .tooBig, text: "an option of \(length) bytes", &effects)
            close("an option of \(length) bytes", &effects)
            return false
        }
        guard buffer.count - 16 >= Int(length) else { return false }
        let data = Array(buffer[16..<(16 + Int(length))])
        buffer.removeFirst(16 + Int(length))
        perform(number, data, &effects)
        return state == .options
    }

    mutating func close(_ reason: String, _ effects: inout [Effect]) {
        effects.append(.close(reason))
        state = .over
        buffer = []
    }

    func reply(
        _ option: UInt32, _ type: NBDOptionReply, data: [UInt8] = [], text: String = "", _ effects: inout [Effect]
    ) {
        var bytes: [UInt8] = []
        bytes.appendBigEndian(NBDMagic.optionReply)
        bytes.appendBigEndian(option)
        bytes.appendBigEndian(type.rawValue)
        bytes.appendBigEndian(UInt32(data.count + text.utf8.count))
        effects.append(.send(bytes + data + Array(text.utf8)))
    }
}

extension [UInt8] {
    mutating func appendBigEndian<Value: FixedWidthInteger>(_ value: Value) {
        for index in 0..<(Value.bitWidth / 8) {
            append(UInt8(truncatingIfNeeded: value >> Value(Value.bitWidth - 8 - 8 * index)))
        }
    }

    func bigEndian<Value: FixedWidthInteger>(at offset: Int) -> Value {
        self[offset..<(offset + Value.bitWidth / 8)].reduce(0) { $0 << 8 | Value($1) }
    }
}
