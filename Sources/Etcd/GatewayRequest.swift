import Primitives

/// The bodies of requests to etcd's JSON gateway (etcd 3.5, api/etcdserverpb/rpc.proto): keys and values in base64,
/// 64-bit integers as strings.
struct GatewayRequest {
    private(set) var body: [UInt8] = []

    private mutating func raw(_ text: StaticString) { text.withUTF8Buffer { body.append(contentsOf: $0) } }

    private mutating func base64(_ bytes: some Collection<UInt8>) {
        raw("\"")
        Base64.append(bytes, to: &body)
        raw("\"")
    }

    private mutating func integer(_ number: some BinaryInteger) {
        raw("\"")
        body.append(contentsOf: String(number).utf8)
        raw("\"")
    }

    static func transaction(_ transaction: Transaction) -> [UInt8] {
        var request = GatewayRequest()
        request.body.reserveCapacity(512)
        request.raw("{\"compare\":[")
        request.list(transaction.comparisons) { $0.comparison($1) }
        request.raw("],\"success\":[")
        request.list(transaction.success) { $0.operation($1) }
        request.raw("],\"failure\":[")
        request.list(transaction.failure) { $0.operation($1) }
        request.raw("]}")
        return request.body
    }

    static func range(_ range: KeyRange) -> [UInt8] {
        var request = GatewayRequest()
        request.raw("{")
        request.keys(range)
        request.raw("}")
        return request.body
    }

    static func watch(_ range: KeyRange, from revision: Int64?) -> [UInt8] {
        var request = GatewayRequest()
        request.raw("{\"create_request\":{")
        request.keys(range)
        if let revision {
            request.raw(",\"start_revision\":")
            request.integer(revision)
        }
        request.raw(",\"progress_notify\":true}}")
        return request.body
    }

    static func compaction(to revision: Int64) -> [UInt8] {
        var request = GatewayRequest()
        request.raw("{\"revision\":")
        request.integer(revision)
        request.raw(",\"physical\":true}")
        return request.body
    }

    /// An object of plain fields, for the requests where nothing is measured in microseconds.
    static func fields(_ fields: [(StaticString, Field)]) -> [UInt8] {
        var request = GatewayRequest()
        request.raw("{")
        request.list(fields) { request, field in
            request.raw("\"")
            request.raw(field.0)
            request.raw("\":")
            request.field(field.1)
        }
        request.raw("}")
        return request.body
    }

    enum Field {
        case number(UInt64)
        case flag(Bool)
        /// Plain ASCII without quotes or backslashes: URLs and enumeration names.
        case word(String)
        case words([String])
    }

    private mutating func field(_ field: Field) {
        switch field {
        case .number(let number): integer(number)
        case .flag(let flag): body.append(contentsOf: "\(flag)".utf8)
        case .word(let word): self.word(word)
        case .words(let words):
            raw("[")
            list(words) { $0.word($1) }
            raw("]")
        }
    }

    private mutating func word(_ word: String) {
        let isPlain = word.utf8.allSatisfy { $0 >= 0x20 && $0 < 0x7F && $0 != 0x22 && $0 != 0x5C }
        precondition(isPlain, "'\(word)' does not go into a request to etcd")
        raw("\"")
        body.append(contentsOf: word.utf8)
        raw("\"")
    }

    private mutating func list<Element>(_ elements: [Element], _ write: (inout GatewayRequest, Element) -> Void) {
        for (index, element) in elements.enumerated() {
            if index > 0 { raw(",") }
            write(&self, element)
        }
    }

    private mutating func keys(_ range: KeyRange) {
        raw("\"key\":")
        switch range {
        case .key(let key):
            base64(key.utf8)
        case .prefix(let prefix):
            // Zero as the start and the end of a range is every key.
            if prefix.isEmpty { base64(CollectionOfOne(0)) } else { base64(prefix.utf8) }
            raw(",\"range_end\":")
            base64(Self.end(ofPrefix: Array(prefix.utf8)))
        }
    }

    /// The first key behind all keys with this prefix.
    static func end(ofPrefix prefix: [UInt8]) -> [UInt8] {
        var end = prefix
        while let last = end.popLast() {
            if last < 0xFF { return end + [last + 1] }
        }
        return [0]
    }

    private mutating func comparison(_ comparison: Comparison) {
        let (key, target): (String, StaticString) =
            switch comparison {
            case .modRevision(let key, _): (key, "\",\"target\":\"MOD\",\"mod_revision\":")
            case .createRevision(let key, _): (key, "\",\"target\":\"CREATE\",\"create_revision\":")
            case .version(let key, _): (key, "\",\"target\":\"VERSION\",\"version\":")
            case .value(let key, _): (key, "\",\"target\":\"VALUE\",\"value\":")
            }
        raw("{\"result\":\"EQUAL\",\"key\":\"")
        Base64.append(key.utf8, to: &body)
        raw(target)
        switch comparison {
        case .modRevision(_, let number), .createRevision(_, let number), .version(_, let number): integer(number)
        case .value(_, let value): base64(value)
        }
        raw("}")
    }

    private mutating func operation(_ operation: Operation) {
        switch operation {
        case .put(let key, let value):
            raw("{\"request_put\":{\"key\":")
            base64(key.utf8)
            raw(",\"value\":")
            base64(value)
        case .delete(let range):
            raw("{\"request_delete_range\":{")
            keys(range)
        case .get(let range):
            raw("{\"request_range\":{")
            keys(range)
        }
        raw("}}")
    }
}
