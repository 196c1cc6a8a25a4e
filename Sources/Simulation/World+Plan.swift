import MastershipCore
import Primitives
import ProfileCore

/// The course of a run: a quiet start, one measured fault on a healthy cluster, chaos, healing, judgement.
extension World {
    /// How long after a disturbance a takeover may still be its work.
    var settling: Span { longestTake * 2 + store.election * 4 + .seconds(2) }

    /// Nothing is wrong, nor was lately: nothing may fail over.
    var isCalm: Bool { activeFaults == 0 && now - lastDisturbance > settling }

    var masters: [NodeModel] { nodes.filter { $0.cluster.core?.tenureEpoch != nil } }

    func begin() {
        announce("\(nodes.count) nodes, \(nodes.filter { !$0.canBeMaster }.count) of them a witness, \(profile)")
        for node in nodes { boot(node) }
        for client in clients.indices { schedule(.clientTurn(client: client), after: .seconds(1)) }
        schedule(.streamCheck, after: .milliseconds(100))
        schedule(.phase(.quiet), after: settling)
    }

    func enter(_ next: Phase) {
        phase = next
        switch next {
        case .quiet:
            announce("quiet")
            judgeHealth()
            changeProfileEverywhere()
            schedule(.planned, after: .milliseconds(1_200) + longestTake)
            schedule(.phase(.episode), after: .milliseconds(2_700) + longestTake * 2)
        case .episode: strikeMaster()
        case .chaos:
            announce("chaos")
            let lasting = Span.seconds(4) + random.span(below: .seconds(5))
            drawFaults(2 + random.index(below: 9), within: lasting)
            drawChoices(random.index(below: 5), within: lasting)
            schedule(.phase(.healing), after: lasting)
        case .healing:
            healAll()
            schedule(.phase(.judged), after: settling + longestTake + .milliseconds(1_500))
        case .judged:
            judgeHealth()
            isOver = true
        }
    }

    private func drawFaults(_ count: Int, within span: Span) {
        let longest = longestTake + .seconds(1)
        for number in 1...count {
            let fault = Fault.draw(number: number, nodes: nodes.count, lasting: longest, using: &random)
            schedule(.fault(fault), after: random.span(below: span))
        }
        schedule(.snapshot, after: random.span(below: span / 4))
    }

    /// A change of profile is no fault. etcd has been restarted with its new timing, too.
    private func changeProfileEverywhere() {
        guard random.chance(2, in: 3) else { return }
        let choice = random.index(below: Profile.allCases.count)
        for node in nodes {
            schedule(.choice(node: node.index, profile: choice), after: random.span(below: .milliseconds(500)))
        }
        longestTake = max(longestTake, Profile.allCases[choice].timing.take)
        store.election = Profile.allCases[choice].raft.election
    }

    private func drawChoices(_ count: Int, within span: Span) {
        for _ in 0..<count {
            let choice = random.index(below: Profile.allCases.count)
            schedule(.choice(node: random.index(below: nodes.count), profile: choice), after: random.span(below: span))
        }
    }

    /// One fault on a healthy cluster, whose outage is measured against what the scheme promises.
    private func strikeMaster() {
        let kinds: [Fault.Kind] = [.powerCut, .powerCut, .isolation, .allStopped]
        let take = store.key.record?.timing.take ?? longestTake
        let fault = Fault(
            number: 0, kind: kinds[random.index(below: kinds.count)], node: nil, lasts: take + .seconds(1),
            variant: random.next())
        outages.expect(within: take + .milliseconds(300))
        inject(fault)
        schedule(.phase(.chaos), after: fault.lasts + longestTake + .seconds(1))
    }

    func switchAsPlanned() {
        guard let master = masters.first, let successor = nodes.first(where: { $0 !== master && $0.canBeMaster }) else {
            return
        }
        outages.expectPlanned()
        disturb()
        announce("planned switch from n\(master.index) to n\(successor.index)")
        step(master, .handOverRequested(to: successor.identity))
    }

    func disturb() { lastDisturbance = now }

    // MARK: Judgement

    private func judgeHealth() {
        let masters = masters
        if masters.count != 1 {
            checks.violate("\(masters.count) masters in a healthy cluster", at: now)
        } else if !masters[0].answers {
            checks.violate("the master n\(masters[0].index) does not answer for the address", at: now)
        }
        if let last = clients.map(\.lastCompletion).max(), now - last > .seconds(1) {
            checks.violate("no client was served for \(now - last) in a healthy cluster", at: now)
        }
    }
}
