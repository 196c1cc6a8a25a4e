import AccessCore
import APIProtocol
import MembershipCore
import Primitives
import SetupCore
import Testing
import Texts

@Suite("Draft of the setup")
struct SetupDocumentTests {
    static let vip = Subnet("10.77.0.50/24")!
    private let now = Timestamp(milliseconds: 1_000_000)

    private let anna: Person

    init() throws {
        anna = Person(
            name: "anna", role: .administrator, created: Timestamp(milliseconds: 0),
            password: try PasswordHash(
                "secret", salt: Array(repeating: 7, count: 16), parameters: .init(cost: 2, blockSize: 1, parallelism: 1)
            ))
    }

    private func join(_ number: Int) -> ApprovedJoin {
        ApprovedJoin(
            id: NodeID("000000000000000\(number)")!,
            request: JoinRequest(csr: "x", name: "n\(number)", address: IPAddress("10.77.0.1\(number)")!, role: .voter),
            code: "123456", since: now, wasCompared: true)
    }

    @Test("Steps are done in any order; the first that is not is shown")
    func steps() throws {
        var document = SetupDocument()
        #expect(document.step == 1 && !document.isBegun)
        try document.apply(SetupDraftChange(revision: 0, network: DraftNetwork(vip: [Self.vip])))
        #expect(document.step == 1 && document.isBegun)
        try document.apply(SetupDraftChange(revision: 1, language: .chinese))
        #expect(document.step == 2)
        try document.apply(
            SetupDraftChange(revision: 2, administrator: DraftAdministratorChange(name: "anna", password: "secret")),
            person: anna)
        #expect(document.step == 3)
        try document.apply(SetupDraftChange(revision: 3, license: SetupLicense(trial: true)))
        #expect(document.step == 4)
        #expect(throws: APIError(.missingField, field: "cluster.name")) { try document.foundCluster() }
        try document.apply(SetupDraftChange(revision: 4, cluster: DraftCluster(name: "demo", ntp: ["10.77.0.1"])))
        #expect(document.step == 6)
        try document.apply(SetupDraftChange(revision: 5, nodesConfirmed: true))
        #expect(document.step == 7)
        let founding = try document.foundCluster()
        #expect(founding.name == "demo" && founding.ntp == ["10.77.0.1"] && founding.language == .chinese)
    }

    @Test("Two browsers: the second is told, and nothing of the first is lost")
    func stale() throws {
        var document = SetupDocument()
        try document.apply(SetupDraftChange(revision: 0, language: .english))
        let before = document
        let error = #expect(throws: APIError.self) {
            try document.apply(SetupDraftChange(revision: 0, language: .chinese))
        }
        #expect(error?.code == .draftChanged && error?.parameters["revision"] == "1")
        #expect(document == before)
    }

    @Test("The password is never shown, and stays while only the name is given again")
    func password() throws {
        var document = SetupDocument()
        let missing = #expect(throws: APIError.self) {
            try document.apply(
                SetupDraftChange(revision: 0, administrator: DraftAdministratorChange(name: "anna")))
        }
        #expect(missing?.field == "administrator.password" && document == SetupDocument())
        try document.apply(
            SetupDraftChange(revision: 0, administrator: DraftAdministratorChange(name: "anna", password: "secret")),
            person: anna)
        try document.apply(
            SetupDraftChange(revision: 1, administrator: DraftAdministratorChange(name: "anna")))
        #expect(document.draft(at: now).administrator == DraftAdministrator(name: "anna", passwordSet: true))
        #expect(throws: APIError.self) {
            try document.apply(
                SetupDraftChange(revision: 2, administrator: DraftAdministratorChange(name: "berta")))
        }
    }

    @Test("A group replaces the whole group")
    func groups() throws {
        var document = SetupDocument()
        try document.apply(
            SetupDraftChange(revision: 0, cluster: DraftCluster(name: "demo", ntp: ["a"], timeZone: "UTC")))
        try document.apply(SetupDraftChange(revision: 1, cluster: DraftCluster(name: "demo")))
        let draft = document.draft(at: now)
        #expect(draft.ntp.isEmpty && draft.timeZone == nil && draft.name == "demo")
    }

    @Test("Approvals and rack mode leave the revision alone")
    func nodes() throws {
        var document = SetupDocument()
        document.approve(join(2))
        document.setRack(RackMode(RackModeChange(nodes: 2, minutes: 1), at: now))
        document.admit(join(3))
        var draft = document.draft(at: now)
        #expect(draft.revision == 0 && draft.approved.map(\.name) == ["n2", "n3"] && draft.rack?.nodes == 1)
        document.admit(join(4))
        #expect(document.rack == nil)
        #expect(document.withdraw(join(3).id) && !document.withdraw(join(3).id))
        document.setRack(RackMode(RackModeChange(nodes: 2, minutes: 1), at: now))
        draft = document.draft(at: Timestamp(milliseconds: now.milliseconds + 60_000))
        #expect(draft.rack == nil, "its time is over")
    }
}

@Suite("Sessions of the setup")
struct SetupSessionsTests {
    private let now = Timestamp(milliseconds: 0)
    private func at(_ seconds: Int64) -> Timestamp { Timestamp(milliseconds: seconds * 1_000) }
    private func token(_ number: UInt8) -> UserToken {
        UserToken(idBytes: [0, 0, 0, number], secretBytes: Array(repeating: number, count: 16))
    }

    /// Not SHA-256, but as good for this: different texts, different bytes.
    private func digest(_ bytes: [UInt8]) -> [UInt8] { Array(bytes.prefix(32)) }
    private func hash(_ token: UserToken) -> String { Hexadecimal.text(digest(Array(token.secret.utf8))) }

    @Test("Four hours, and one hour from the founding on")
    func life() {
        var sessions = SetupSessions()
        let session = sessions.open(token(1), secretHash: hash(token(1)), at: now)
        #expect(session.expires == at(4 * 3_600) && session.token == token(1).text)
        let identity = sessions.identity(of: token(1), at: at(4 * 3_600 - 1), digest: digest)
        #expect(identity?.name == "setup" && identity?.role == .administrator)
        #expect(sessions.identity(of: token(1), at: at(4 * 3_600), digest: digest) == nil)
        #expect(sessions.identity(of: token(2), at: now, digest: digest) == nil)
        sessions.founded(at: at(600))
        #expect(sessions.identity(of: token(1), at: at(600 + 3_599), digest: digest) != nil)
        #expect(!sessions.isOver(at: at(600 + 3_599)) && sessions.isOver(at: at(600 + 3_600)))
        sessions.founded(at: at(3_000))
        #expect(sessions.isOver(at: at(600 + 3_600)), "a second founding makes nothing longer")
    }

    @Test("Two browsers work with one code; of very many the oldest gives way")
    func several() {
        var sessions = SetupSessions()
        for number in 0..<20 {
            _ = sessions.open(token(UInt8(number)), secretHash: hash(token(UInt8(number))), at: now)
        }
        #expect(sessions.identity(of: token(3), at: now, digest: digest) == nil)
        #expect(sessions.identity(of: token(4), at: now, digest: digest) != nil)
        #expect(sessions.identity(of: token(19), at: now, digest: digest) != nil)
    }
}
