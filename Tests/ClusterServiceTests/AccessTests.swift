import APIProtocol
import AccessCore
import ConfigurationCore
import Foundation
import Identity
import JoinCore
import Linux
import MembershipCore
import NIOConcurrencyHelpers
import Primitives
import Testing

@testable import ClusterService

/// Users and sessions over the real members and a store in memory.
@Suite("Access in a cluster", .serialized)
struct AccessTests {
    private static let password = "a long enough phrase"

    private static func refusal<Value>(_ body: () async throws -> Value) async -> APIErrorCode? {
        do {
            _ = try await body()
            return nil
        } catch {
            return (error as? APIError)?.code ?? .internalError
        }
    }

    private static func add(_ name: String, _ role: UserRole, to member: ClusterMember) async throws -> UserInfo {
        try await member.createUser(NewUser(name: name, role: role, password: password))
    }

    /// - Returns: who one is with the new session.
    private static func logIn(
        _ name: String, at member: ClusterMember, password: String = password, code: String? = nil,
        client: String = "192.0.2.1"
    ) async throws -> (token: SessionToken, identity: UserIdentity) {
        try await Caller.$client.withValue(client) {
            let created = try await member.logIn(LoginRequest(name: name, password: password, code: code))
            let token = try #require(SessionToken(created.token))
            return (token, try #require(try await member.authenticate(token)))
        }
    }

    private static func acting<Value: Sendable>(
        _ user: UserIdentity, _ body: @Sendable () async throws -> Value
    ) async throws -> Value {
        try await Caller.$current.withValue(.user(user)) { try await body() }
    }

    @Test("A session works on the next request on every node, and survives the master's death")
    func failover() async throws {
        try await TestCluster.run { cluster in
            _ = try await Self.add("anna", .administrator, to: cluster.first)
            let (token, identity) = try await Self.logIn("ANNA", at: cluster.first)
            #expect(identity.name == "anna" && identity.standsForSecurity && identity.kind == .session)
            // The other node has not heard of it: it looks into the store.
            #expect(try await cluster.second.member.authenticate(token)?.id == identity.id)
            let task = try await cluster.failOver()
            #expect(try await cluster.second.member.authenticate(token)?.session == token.id)
            let forged = SessionToken(idBytes: Array(0..<8), secretBytes: Array(0..<16))
            #expect(try await cluster.second.member.authenticate(forged) == nil)
            // What is done goes through the new master.
            try await Self.acting(identity) { try await cluster.second.member.logOut() }
            #expect(try await cluster.second.member.authenticate(token) == nil)
            task.cancel()
            await task.value
        }
    }

    @Test("What changes a user ends its sessions at once, and what a member says of one that has ended is not believed")
    func endings() async throws {
        try await TestCluster.run { cluster in
            let master = cluster.first
            _ = try await Self.add("root2", .administrator, to: master)
            let anna = try await Self.add("anna", .administrator, to: master)
            let changes = [
                UserChange(role: .operator), UserChange(disabled: true), UserChange(disabled: false),
                UserChange(password: "another long phrase"),
            ]
            for change in changes {
                let isUsable = !(try await master.users().first { $0.id == anna.id }?.disabled ?? true)
                let session = isUsable ? try await Self.logIn("anna", at: master) : nil
                _ = try await master.changeUser(anna.id, change)
                guard let session else { continue }
                #expect(try await master.authenticate(session.token) == nil)
                #expect(try await master.confirm(session.identity) == nil)
            }
            let (token, identity) = try await Self.logIn("anna", at: master, password: "another long phrase")
            #expect(identity.role == .operator)
            try await master.removeUser(anna.id)
            #expect(try await master.authenticate(token) == nil)
            #expect(await Self.refusal { try await Self.logIn("anna", at: master) } == .loginRefused)
        }
    }

    @Test("Wrong passwords, unknown names and disabled users are answered alike; a failover does not forget failures")
    func lockOut() async throws {
        try await TestCluster.run { cluster in
            let master = cluster.first
            _ = try await Self.add("root2", .administrator, to: master)
            let anna = try await Self.add("anna", .viewer, to: master)
            let bert = try await Self.add("bert", .viewer, to: master)
            _ = try await master.changeUser(bert.id, UserChange(disabled: true))
            for (name, password) in [("anna", "wrong"), ("nobody", Self.password), ("bert", Self.password)] {
                let code = await Self.refusal { try await Self.logIn(name, at: master, password: password) }
                #expect(code == .loginRefused, "\(name)")
            }
            for number in 0..<4 {
                let code = await Self.refusal {
                    try await Self.logIn("anna", at: master, password: "wrong", client: "192.0.2.1\(number)")
                }
                #expect(code == .loginRefused)
            }
            let good = await Self.refusal { try await Self.logIn("anna", at: master, client: "192.0.2.99") }
            #expect(good == .tooManyAttempts)
            try await TestCluster.eventually("the count in the store") {
                let stored = try await master.store.get(LoginHistory.self, at: ClusterKeys.login(anna.id))
                return stored?.value.failures?.count == 5
            }
            #expect(try await master.users().first { $0.id == anna.id }?.lockedUntil != nil)
            // So that the lock does not end while the other takes over.
            let epoch = try master.requireMastership()
            let many = LoginHistory(failures: LoginFailures(count: 12, last: .now))
            try await master.store.change([.put(many, at: ClusterKeys.login(anna.id))], by: epoch)
            let task = try await cluster.failOver()
            let after = await Self.refusal { try await Self.logIn("anna", at: cluster.second.member) }
            #expect(after == .tooManyAttempts)
            // root sets a new password, and with it the lock is gone.
            let member = cluster.second.member
            _ = try await member.changeUser(anna.id, UserChange(password: "another long phrase"))
            _ = try await Self.logIn("anna", at: member, password: "another long phrase", client: "192.0.2.98")
            task.cancel()
            await task.value
        }
    }

    @Test("A second factor is set up, needed, good once, and can be reset; other sessions end")
    func secondFactor() async throws {
        try await TestCluster.run { cluster in
            let master = cluster.first
            let anna = try await Self.add("anna", .administrator, to: master)
            let (other, _) = try await Self.logIn("anna", at: master)
            let (token, identity) = try await Self.logIn("anna", at: master)
            let secret = try await Self.acting(identity) { try await master.beginSecondFactor() }
            #expect(secret.uri.hasPrefix("otpauth://totp/Keelson%20demo:anna?secret=\(secret.secret)&"))
            let codes = TimeCode(secret: try #require(Base32.bytes(secret.secret)))
            let step = TimeCode.step(at: .now)
            let wrong = await Self.refusal {
                try await Self.acting(identity) {
                    try await master.confirmSecondFactor(SecondFactorCode(code: codes.code(step: step - 9)))
                }
            }
            #expect(wrong == .codeRefused)
            let recovery = try await Self.acting(identity) {
                try await master.confirmSecondFactor(SecondFactorCode(code: codes.code(step: TimeCode.step(at: .now))))
            }
            #expect(try await master.authenticate(other) == nil)
            #expect(try await master.authenticate(token)?.secondFactor == true)
            #expect(await Self.refusal { try await Self.logIn("anna", at: master) } == .codeNeeded)
            let replay = codes.code(step: TimeCode.step(at: .now) - 1)
            #expect(await Self.refusal { try await Self.logIn("anna", at: master, code: replay) } == .loginRefused)
            let code = recovery.recoveryCodes[0]
            _ = try await Self.logIn("anna", at: master, code: code)
            #expect(await Self.refusal { try await Self.logIn("anna", at: master, code: code) } == .loginRefused)
            try await master.resetSecondFactor(of: anna.id)
            _ = try await Self.logIn("anna", at: master)
            #expect(!cluster.store.contents.values.joined().contains(code))
        }
    }

    @Test("One's own password: the old one is needed, other sessions end, this one stays")
    func ownPassword() async throws {
        try await TestCluster.run { cluster in
            let master = cluster.first
            _ = try await Self.add("anna", .administrator, to: master)
            let (other, _) = try await Self.logIn("anna", at: master)
            let (token, identity) = try await Self.logIn("anna", at: master)
            func change(_ old: String, _ new: String) async -> APIErrorCode? {
                await Self.refusal {
                    try await Self.acting(identity) {
                        try await master.changePassword(PasswordChange(old: old, new: new))
                    }
                }
            }
            #expect(await change("wrong", "another long phrase") == .passwordWrong)
            #expect(await change(Self.password, "annaannaannaanna") == .passwordIsName)
            #expect(await change(Self.password, "another long phrase") == nil)
            #expect(try await master.authenticate(other) == nil)
            #expect(try await master.authenticate(token) != nil)
            #expect(await Self.refusal { try await master.changePassword(.init(old: "", new: "")) } == .sessionNeeded)
            #expect(!cluster.store.contents.values.joined().contains("another long phrase"))
        }
    }

    @Test("The last administrator stays, names are there once, a token is worth no more than its maker")
    func users() async throws {
        try await TestCluster.run { cluster in
            let master = cluster.first
            let anna = try await Self.add("anna", .administrator, to: master)
            #expect(await Self.refusal { try await Self.add("ANNA", .viewer, to: master) } == .duplicateUser)
            for change in [UserChange(role: .viewer), UserChange(disabled: true)] {
                #expect(await Self.refusal { try await master.changeUser(anna.id, change) } == .lastAdministrator)
            }
            #expect(await Self.refusal { try await master.removeUser(anna.id) } == .lastAdministrator)
            #expect(await Self.refusal { try await master.removeUser("nobody") } == .unknownUser)
            let bert = try await Self.add("bert", .administrator, to: master)
            let (_, identity) = try await Self.logIn("bert", at: master)
            let refused = await Self.refusal {
                try await Self.acting(identity) {
                    try await master.createUserToken(UserTokenRequest(name: "r", role: .securityOfficer))
                }
            }
            #expect(refused == .forbidden)
            let wish = UserTokenRequest(
                name: "r", role: .operator, groups: [EndpointGroup(rawValue: "nodes")])
            let created = try await Self.acting(identity) { try await master.store(wish) }
            #expect(try await master.authenticate(created)?.groups == wish.groups)
            #expect(try await master.authenticate(created)?.owner == bert.id)
            _ = try await master.changeUser(bert.id, UserChange(role: .viewer))
            #expect(try await master.authenticate(created) == nil)
            _ = try await master.changeUser(bert.id, UserChange(role: .administrator))
            #expect(try await master.authenticate(created) != nil)
        }
    }

    @Test("Two administrators who demote each other at the same moment do not both succeed")
    func atTheSameMoment() async throws {
        try await TestCluster.run { cluster in
            let master = cluster.first
            for round in 0..<10 {
                let pair = try await [
                    Self.add("anna\(round)", .administrator, to: master),
                    Self.add("bert\(round)", .administrator, to: master),
                ]
                for old in try await master.users() where old.role == .administrator && !pair.contains(old) {
                    _ = try await master.changeUser(old.id, UserChange(role: .viewer))
                }
                async let one = Self.refusal { try await master.changeUser(pair[0].id, UserChange(disabled: true)) }
                async let other = Self.refusal { try await master.removeUser(pair[1].id) }
                #expect(await Set([one, other]) == [nil, .lastAdministrator])
            }
        }
    }

    @Test("Two passwords are checked at once, who comes in between is asked to come again")
    func turns() async throws {
        let access = AccessState(parameters: TestMember.cheap)
        let code = try await access.taking {
            try await access.taking { await Self.refusal { try await access.hash(password: "x") } }
        }
        #expect(code == .tooManyAttempts)
        // A turn that ended badly is given back.
        for _ in 0..<5 {
            _ = await Self.refusal { try await access.taking { throw APIError(.loginRefused) } }
        }
        #expect(try await access.hash(password: "x").admits("x"))
    }

    @Test("The founder's administrator is in the store with the rest, and logs in")
    func founding() async throws {
        try await TestCluster.run { cluster in
            let member = cluster.first
            let folder = IdentityFolder(path: member.configuration.identityDirectory)
            try folder.install(try CertificateAuthority(clusterName: "demo", at: .now))
            let administrator = try FirstAdministrator(
                FirstUser(name: "anna", password: Self.password), at: .now,
                random: RandomBytes.make(FirstAdministrator.randomSize), parameters: TestMember.cheap)
            let founder = try #require(member.view.withLockedValue { $0.nodes.first })
            let document = FoundingDocument(
                settings: ClusterConfiguration(vip: [], profile: .calm),
                profile: ActiveProfile(active: .calm, reason: nil), founder: founder,
                administrator: administrator.record)
            let path = member.configuration.data + "/founding.json"
            try DurableFile.replace(path, with: try JSONDocument.encode(document), mode: 0o600)
            await member.importFounding(in: try member.requireMastership())
            #expect(try DurableFile.read(path) == nil)
            #expect(try await Self.logIn("anna", at: member).identity.role == .administrator)
        }
    }

    @Test("Sessions that are over are tidied up; the rules hold at once for sessions that are open")
    func rules() async throws {
        try await TestCluster.run { cluster in
            let master = cluster.first
            _ = try await Self.add("anna", .administrator, to: master)
            let (token, identity) = try await Self.logIn("anna", at: master)
            #expect(!identity.mustEnrolSecondFactor)
            _ = try await master.changeSecurity(SecuritySettings(requireSecondFactor: true))
            #expect(try await master.authenticate(token)?.mustEnrolSecondFactor == true)
            #expect(try await master.sessions().map(\.id) == [token.id])
            cluster.store.tamper(ClusterKeys.session(token.id)) {
                $0.replacing(/"lastUsed":"20../, with: "\"lastUsed\":\"2020")
            }
            try await master.refreshAccess()
            #expect(try await master.authenticate(token) == nil)
            #expect(try await master.sessions().isEmpty)
            let task = Task { await master.tidyAccess(in: try master.requireMastership()) }
            try await TestCluster.eventually("an empty list of sessions") {
                !cluster.store.contents.keys.contains(ClusterKeys.session(token.id))
            }
            task.cancel()
            _ = await task.result
        }
    }

    @Test("Four eyes: what is held waits for another user, and can be withdrawn")
    func approvals() async throws {
        try await TestCluster.run { cluster in
            let master = cluster.first
            for name in ["anna", "bert"] { _ = try await Self.add(name, .administrator, to: master) }
            let (_, anna) = try await Self.logIn("anna", at: master)
            let (_, bert) = try await Self.logIn("bert", at: master)
            let request = HeldRequest(action: Endpoint.removeUser.action, target: bert.id, body: "")
            #expect(try await Self.acting(anna) { try await master.hold(request) } == nil)
            _ = try await master.changeSecurity(SecuritySettings(fourEyes: true))
            let id = try #require(try await Self.acting(anna) { try await master.hold(request) })
            #expect(try await Self.acting(anna) { try await master.hold(request) } == id)
            #expect(try await master.approvals().map(\.by) == ["anna"])
            let own = await Self.refusal { try await Self.acting(anna) { try await master.claimApproval(id) } }
            #expect(own == .ownApproval)
            #expect(try await Self.acting(bert) { try await master.claimApproval(id) } == request)
            try await master.closeApproval(id)
            let over = await Self.refusal { try await Self.acting(bert) { try await master.claimApproval(id) } }
            #expect(over == .unknownApproval)
            let again = try #require(try await Self.acting(anna) { try await master.hold(request) })
            try await Self.acting(anna) { try await master.rejectApproval(again) }
            #expect(try await master.approvals().isEmpty)
            let nobody = HeldRequest(action: Endpoint.removeUser.action, target: "nobody", body: "")
            #expect(
                await Self.refusal { try await Self.acting(anna) { try await master.hold(nobody) } } == .unknownUser)
        }
    }
}

extension ClusterMember {
    /// Makes a token and lets this node know of it, as its loop would.
    fileprivate func store(_ wish: UserTokenRequest) async throws -> UserToken {
        let epoch = try requireMastership()
        let token = UserToken(idBytes: RandomBytes.make(4), secretBytes: RandomBytes.make(16))
        let owner = Caller.current.identity?.id
        let record = UserTokenRecord(
            info: UserTokenInfo(
                id: token.id, name: wish.name, role: wish.role, created: .now, groups: wish.groups, owner: owner),
            secretHash: Secret.hash(token.secret))
        try await store.change([.put(record, at: ClusterKeys.userToken(token.id))], by: epoch)
        view.withLockedValue { $0.userTokens.append(record) }
        return token
    }
}
