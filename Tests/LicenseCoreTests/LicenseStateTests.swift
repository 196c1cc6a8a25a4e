import APIProtocol
import LicenseCore
import Testing

@Suite struct LicenseStateTests {
    private let day: Int64 = 86_400_000
    private let start = Timestamp("2026-11-01T00:00:00.000Z")!

    private func after(_ days: Int64) -> Timestamp { Timestamp(milliseconds: start.milliseconds + days * day) }

    private func machine(_ number: Int) -> HardwarePrint {
        HardwarePrint(hashing: ["uuid-\(number)", "board-\(number)", "mac-\(number)", "disk-\(number)"])
    }

    private func license(_ limits: License.Limits = .init(), binding: [HardwarePrint] = []) -> License {
        License(
            id: "L-1", customer: "A", kind: .subscription, issued: start, validFrom: start, expires: after(365),
            limits: limits, binding: binding)
    }

    private func state(
        _ license: License, day: Int64 = 1, latest: Int64 = 0, hardware: [HardwarePrint] = [], nodes: Int = 3,
        hosts: Int = 0, tebibytes: Int = 0
    ) -> LicenseState {
        LicenseState(
            license,
            .init(
                now: after(day), latestSeen: after(latest), hardware: hardware, nodes: nodes, hosts: hosts,
                tebibytes: tebibytes))
    }

    @Test func phasesFollowTheCalendar() {
        #expect(state(license(), day: -1, latest: -1).phase == .notYetValid(from: start))
        #expect(state(license(), day: 0).phase == .valid(until: after(365)))
        #expect(state(license(), day: 365).phase == .grace(since: after(365), until: after(395)))
        #expect(state(license(), day: 395).phase == .expired(since: after(365)))
        #expect(
            [-1, 0, 365, 395].map { state(license(), day: $0, latest: -1).allowsAdditions } == [
                false, true, true, false,
            ])
        var perpetual = license()
        (perpetual.kind, perpetual.expires) = (.perpetual, nil)
        #expect(state(perpetual, day: 9_999).phase == .valid(until: nil))
    }

    @Test func aClockThatIsSetBackGainsNothing() {
        let behind = state(license(), day: 1, latest: 400)
        #expect(behind.phase == .expired(since: after(365)))
        #expect(behind.warnings == [.clockSetBack(seen: after(400))])
        #expect(state(license(), day: 1, latest: 1).warnings.isEmpty)
    }

    @Test func aMachineIsKnownByTwoOfItsFourParts() {
        let old = machine(1)
        var changed = machine(2)
        changed.parts[0] = old.parts[0]
        #expect(!old.matches(changed))
        changed.parts[3] = old.parts[3]
        #expect(old.matches(changed))
        let bare = HardwarePrint(hashing: ["uuid-1", nil, nil, nil])
        #expect(!bare.matches(bare), "what is missing is no evidence")
    }

    @Test func theMajorityOfTheLicensedMachinesMustBeHere() {
        let bound = license(binding: (1...3).map(machine))
        #expect(state(bound, hardware: [machine(1), machine(2), machine(9)]).warnings.isEmpty)
        let other = state(bound, hardware: [machine(1), machine(8), machine(9)])
        #expect(other.warnings == [.otherHardware(found: 1, needed: 2)])
        #expect(!other.allowsAdditions)
        #expect(other.phase == .valid(until: after(365)), "nothing that protects is stopped")
        // One machine that shows up twice is one.
        #expect(state(bound, hardware: [machine(1), machine(1)]).warnings == [.otherHardware(found: 1, needed: 2)])
    }

    @Test func whatIsAboveALimitIsNamed() {
        let limited = license(.init(nodes: 2, hosts: 5, tebibytes: 10))
        #expect(state(limited, nodes: 2, hosts: 5, tebibytes: 10).warnings.isEmpty)
        #expect(
            state(limited, nodes: 3, hosts: 6, tebibytes: 11).warnings == [
                .tooManyNodes(limit: 2, present: 3), .tooManyHosts(limit: 5, present: 6),
                .tooMuchData(limit: 10, present: 11),
            ])
    }
}
