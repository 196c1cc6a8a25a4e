import APIProtocol
import LicenseCore
import Primitives
import Testing

/// What holds of every license, for many of them; the seed is in the failure.
@Suite struct LicensePropertyTests {
    private static let day: Int64 = 86_400_000
    private static let start = Timestamp("2026-11-01T00:00:00.000Z")!
    private static let seeds: [UInt64] = Array(1...200)

    private static func after(_ milliseconds: Int64) -> Timestamp {
        Timestamp(milliseconds: start.milliseconds + milliseconds)
    }

    private static func machine(_ number: Int) -> HardwarePrint {
        HardwarePrint(hashing: (0..<4).map { "\(number)-\($0)" })
    }

    private static func license(_ days: Int64 = 365, grace: Int = 30, binding: [HardwarePrint] = []) -> License {
        License(
            id: "L-1", customer: "A", kind: .subscription, issued: start, validFrom: start,
            expires: after(days * day), graceDays: grace, binding: binding)
    }

    private static func state(
        _ license: License, now: Timestamp, seen: Timestamp? = nil, hardware: [HardwarePrint] = []
    ) -> LicenseState {
        LicenseState(
            license,
            .init(now: now, latestSeen: seen ?? now, hardware: hardware, nodes: 1, hosts: 0, tebibytes: 0))
    }

    @Test func everyChoiceOfPartsDecidesByTheirNumber() {
        let old = Self.machine(1)
        for same in 0..<16 {
            var other = Self.machine(2)
            for part in 0..<4 where same & 1 << part != 0 { other.parts[part] = old.parts[part] }
            let isOne = same.nonzeroBitCount >= 2
            #expect(old.matches(other) == isOne && other.matches(old) == isOne, "parts \(same)")
            // Parts that both lack are no evidence.
            var (bare, bareOther) = (old, other)
            for part in 0..<4 where same & 1 << part != 0 { (bare.parts[part], bareOther.parts[part]) = ("", "") }
            #expect(!bare.matches(bareOther), "parts \(same)")
        }
    }

    @Test(arguments: seeds) func aMajorityOfTheMachinesIsEnoughAndLessIsNot(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        let count = Int.random(in: 1...9, using: &random)
        let license = Self.license(binding: (1...count).map(Self.machine))
        let here = Int.random(in: 0...count, using: &random)
        let strangers = (0..<Int.random(in: 0...5, using: &random)).map { Self.machine(100 + $0) }
        let hardware = ((1...count).shuffled(using: &random).prefix(here).map(Self.machine) + strangers)
            .shuffled(using: &random)
        let state = Self.state(license, now: Self.after(1), hardware: hardware)
        let isEnough = here * 2 > count
        #expect(state.allowsAdditions == isEnough, "\(here) of \(count)")
        #expect(state.warnings == (isEnough ? [] : [.otherHardware(found: here, needed: count / 2 + 1)]))
        #expect(state.phase == .valid(until: license.expires), "machines never change the phase")
    }

    /// A card, a disk, or firmware: any one or two parts of every machine at once, and a minority of whole nodes.
    @Test(arguments: seeds) func changedPartsNeverBreakALicense(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        let count = Int.random(in: 1...9, using: &random)
        let machines = (1...count).map(Self.machine)
        var now = machines
        for index in now.indices {
            for part in (0..<4).shuffled(using: &random).prefix(Int.random(in: 0...2, using: &random)) {
                now[index].parts[part] = Bool.random(using: &random) ? "" : Self.machine(1_000 + index).parts[part]
            }
        }
        let replaced = Int.random(in: 0...((count - 1) / 2), using: &random)
        for index in now.indices.shuffled(using: &random).prefix(replaced) { now[index] = Self.machine(2_000 + index) }
        let state = Self.state(Self.license(binding: machines), now: Self.after(1), hardware: now)
        #expect(state.warnings.isEmpty && state.allowsAdditions)
    }

    @Test(arguments: [0, 1, 30, 3_650]) func theBoundariesAreExactToTheMillisecond(grace: Int) {
        let license = Self.license(10, grace: grace)
        let (expires, ends) = (10 * Self.day, (10 + Int64(grace)) * Self.day)
        func phase(_ moment: Int64) -> LicenseState.Phase { Self.state(license, now: Self.after(moment)).phase }
        #expect(phase(-1) == .notYetValid(from: Self.start))
        #expect(phase(0) == .valid(until: Self.after(expires)))
        #expect(phase(expires - 1) == .valid(until: Self.after(expires)))
        if grace > 0 {
            #expect(phase(expires) == .grace(since: Self.after(expires), until: Self.after(ends)))
            #expect(phase(ends - 1) == .grace(since: Self.after(expires), until: Self.after(ends)))
        }
        #expect(phase(ends) == .expired(since: Self.after(expires)))
    }

    /// Whatever the clock does, time as the license sees it never goes back.
    @Test(arguments: seeds) func aClockThatIsSetBackGainsNothing(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        let license = Self.license(Int64.random(in: 1...50, using: &random))
        var mark: Timestamp?
        var worst = 0
        for _ in 0..<50 {
            let now = Self.after(Int64.random(in: 0...(100 * Self.day), using: &random))
            let last = mark
            mark = ClockMark.next(after: mark, now: now, elapsed: nil)
            #expect(last.map { mark! >= $0 } ?? true)
            let state = Self.state(license, now: now, seen: mark)
            let rank =
                switch state.phase {
                case .notYetValid, .valid: 0
                case .grace: 1
                case .expired: 2
                }
            #expect(rank >= worst, "a later phase is not left again")
            worst = max(worst, rank)
            let isBehind = now.milliseconds < mark!.milliseconds - 3_600_000
            #expect(state.warnings == (isBehind ? [.clockSetBack(seen: mark!)] : []))
        }
    }

    @Test func aClockThatJumpsAheadWhileAMasterRunsMovesTheMarkByAnHourAtMost() {
        let hour: Int64 = 3_600_000
        let mark = Self.start
        func next(_ now: Int64, elapsed: Int64?) -> Int64 {
            ClockMark.next(after: mark, now: Self.after(now), elapsed: elapsed).milliseconds - mark.milliseconds
        }
        #expect(next(600_000, elapsed: 600_000) == 600_000)
        #expect(next(3_650 * Self.day, elapsed: 600_000) == 600_000 + hour)
        #expect(next(-5 * hour, elapsed: 600_000) == 0)
        // Of a time in which it did not run a master knows nothing.
        #expect(next(60 * Self.day, elapsed: nil) == 60 * Self.day)
        #expect(ClockMark.next(after: nil, now: Self.after(7), elapsed: nil) == Self.after(7))
    }

    @Test(arguments: seeds) func nodesAreAdmittedUpToTheLimitAndReplacedAtIt(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        let limit = Int.random(in: 1...9, using: &random)
        let isInForce = Bool.random(using: &random)
        let silent = Int.random(in: 0...limit, using: &random)
        var nodes = limit
        // Let in whoever is let in: there are never more that live than there may be.
        for _ in 0..<20 {
            let admission = NodeAdmission(
                limit: isInForce ? limit : nil, allowsAdditions: isInForce, most: limit, nodes: nodes, silent: silent)
            guard admission.isOpen else { break }
            nodes += 1
        }
        #expect(nodes - silent == limit)
        #expect(NodeAdmission(limit: nil, allowsAdditions: true, most: 1, nodes: 400, silent: 0).isOpen)
    }
}
