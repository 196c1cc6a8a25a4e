import Primitives

/// Who reaches whom, how late, and what gets lost. Places 0 ..< nodes are the nodes; the last one is everything
/// outside: clients and the storage that checks epochs.
struct NetworkModel {
    let places: Int
    /// Counted, because faults overlap: cut while above zero.
    private var cuts: [Int]
    private var lossPerMille: [Int]
    private var extraDelay: [Span]

    var outside: Int { places - 1 }

    init(nodes: Int) {
        places = nodes + 1
        cuts = Array(repeating: 0, count: places * places)
        lossPerMille = Array(repeating: 0, count: places * places)
        extraDelay = Array(repeating: .zero, count: places * places)
    }

    func isCut(_ from: Int, _ to: Int) -> Bool { cuts[from * places + to] > 0 }
    func areConnected(_ one: Int, _ other: Int) -> Bool { !isCut(one, other) && !isCut(other, one) }

    mutating func cut(_ from: Int, _ to: Int, by change: Int) {
        guard from != to else { return }
        cuts[from * places + to] += change
        precondition(cuts[from * places + to] >= 0, "a link was mended more often than cut")
    }

    mutating func lose(_ perMille: Int, around place: Int) {
        for other in 0..<places where other != place {
            lossPerMille[place * places + other] = perMille
            lossPerMille[other * places + place] = perMille
        }
    }

    mutating func delay(_ span: Span, around place: Int) {
        for other in 0..<places where other != place {
            extraDelay[place * places + other] = span
            extraDelay[other * places + place] = span
        }
    }

    mutating func healAll() { self = NetworkModel(nodes: places - 1) }

    /// How long a message takes that is sent now; nil when it never arrives. A lost packet is sent again by TCP after
    /// 200 ms and more, or the connection is given up.
    func delay(_ from: Int, _ to: Int, using random: inout SeededRandom) -> Span? {
        guard from != to else { return .microseconds(20) + random.span(below: .microseconds(60)) }
        guard !isCut(from, to) else { return nil }
        let link = from * places + to
        var delay = Span.microseconds(80) + random.span(below: .microseconds(150))
        if random.chance(5, in: 1_000) { delay = delay + random.span(below: .milliseconds(3)) }
        if extraDelay[link] > .zero { delay = delay + random.span(below: extraDelay[link]) }
        if lossPerMille[link] > 0, random.chance(lossPerMille[link], in: 1_000) {
            guard random.chance(7, in: 10) else { return nil }
            delay = delay + .milliseconds(200) + random.span(below: .milliseconds(400))
        }
        return delay
    }
}

extension SeededRandom {
    mutating func chance(_ favourable: Int, in all: Int) -> Bool { Int.random(in: 0..<all, using: &self) < favourable }
    mutating func index(below count: Int) -> Int { Int.random(in: 0..<count, using: &self) }
    mutating func span(_ range: ClosedRange<Int64>) -> Span {
        .microseconds(Int64.random(in: range.lowerBound * 1_000...range.upperBound * 1_000, using: &self))
    }
}
