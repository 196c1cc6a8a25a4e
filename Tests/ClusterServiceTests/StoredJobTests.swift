import APIProtocol
import Primitives
import Testing
import Texts

@testable import ClusterService

@Suite struct StoredJobTests {
    private static let nodes = (0..<4).map { NodeID("\($0)123456789abcdef")! }
    private static let start = Timestamp(milliseconds: 1_000)

    private static func world(
        members: [Int] = [0, 1, 2], voters: [Int]? = nil, online: [Int] = [0, 1, 2], isSettled: Bool = true,
        master: Int = 0
    ) -> StoredJob.World {
        .init(
            nodes: Set(nodes), members: Set(members.map { nodes[$0] }),
            voters: Set((voters ?? members).map { nodes[$0] }),
            online: Set(online.map { nodes[$0] }), isSettled: isSettled, master: nodes[master])
    }

    @Test func aRemovalEndsWhenTheVoteIsGone() {
        var job = StoredJob(.removeNode, id: "a", node: Self.nodes[2], subject: Self.nodes[2], who: "w", at: Self.start)
        #expect(job.job.steps.map(\.state) == [.done, .running] && job.job.progress == 0.5)
        job.advance(Self.world(), at: Timestamp(milliseconds: 2_000))
        #expect(job.job.state == .running)
        job.advance(Self.world(members: [0, 1]), at: Timestamp(milliseconds: 3_500))
        #expect(job.job.state == .done && job.job.endedAt == Timestamp(milliseconds: 3_500) && job.job.progress == 1)
        #expect(job.job.steps[1].milliseconds == 2_500)
    }

    @Test func aReplacementEndsWhenTheHeirVotesOrIsASpare() {
        func job() -> StoredJob {
            StoredJob(
                .replaceNode, id: "a", node: Self.nodes[2], subject: Self.nodes[2], heir: Self.nodes[3], who: "w",
                at: Self.start)
        }
        var voting = job()
        voting.advance(Self.world(members: [0, 1], isSettled: false), at: Self.start)
        #expect(voting.job.steps.map(\.state) == [.done, .done, .running])
        voting.advance(Self.world(members: [0, 1, 3], voters: [0, 1], isSettled: false), at: Self.start)
        #expect(voting.job.state == .running)
        voting.advance(Self.world(members: [0, 1, 3]), at: Self.start)
        #expect(voting.job.state == .done)
        var spare = job()
        spare.advance(Self.world(members: [0, 1], online: [0, 1, 3]), at: Self.start)
        #expect(spare.job.state == .done)
    }

    @Test func everyStepHasItsWords() {
        for kind in JobKind.allCases {
            let job = StoredJob(kind, id: "a", node: nil, who: "w", at: Self.start).job
            for step in job.steps {
                for language in Language.allCases { #expect(Catalogue.template("step.\(step.name)", language) != nil) }
            }
        }
    }

    @Test func theNextMasterEndsASwitchAndTimeEndsWhatDoesNotEnd() {
        var job = StoredJob(.switchMaster, id: "a", node: nil, from: Self.nodes[0], who: "w", at: Self.start)
        var late = job
        job.advance(Self.world(master: 1), at: Timestamp(milliseconds: 1_200))
        #expect(job.job.state == .done && job.job.steps[1].milliseconds == 200)
        late.advance(Self.world(), at: Self.start.adding(.seconds(30)))
        #expect(late.job.state == .failed && late.job.error?.code == .timedOut)
        #expect(late.job.steps[1].state == .failed)
        let ended = late
        late.advance(Self.world(master: 1), at: Self.start.adding(.seconds(31)))
        #expect(late == ended)
    }
}

@Suite struct AnswerSealTests {
    private static func request(
        key: String = "k", caller: String = "anna", body: String = #"{"password":"sesame"}"#
    ) throws -> IdempotentRequest {
        try IdempotentRequest(
            caller: caller, key: key, method: "POST", path: "/v1/user-tokens", body: Array(body.utf8))
    }

    private static let answer = KeptAnswer(status: 201, contentType: "application/json", body: Array("ku1.secret".utf8))

    @Test func theStoreHoldsNoSecretAndTheSameRequestOpensIt() throws {
        let seal = AnswerSeal(try Self.request())
        let record = AnswerRecord(at: .now, fingerprint: seal.fingerprint, sealed: try seal.close(Self.answer))
        let stored = String(decoding: try JSONDocument.encode(record), as: UTF8.self)
        #expect(!stored.contains("ku1") && !stored.contains("sesame"))
        #expect(try AnswerSeal(try Self.request()).open(record) == .answered(Self.answer))
        #expect(throws: APIError(.idempotencyMismatch)) {
            try AnswerSeal(try Self.request(body: "{}")).open(record)
        }
        var open = record
        open.sealed = nil
        #expect(throws: APIError(.idempotencyUnfinished)) { try seal.open(open) }
    }

    @Test func keysOfDifferentCallersAreDifferent() throws {
        let names = [try Self.request(), try Self.request(key: "l"), try Self.request(caller: "bert")].map {
            AnswerSeal($0).name
        }
        #expect(Set(names).count == 3)
    }
}
