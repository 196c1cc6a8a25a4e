import Glibc
import AccessCore
import APIProtocol
import ConfigurationCore
import Identity
import JoinCore
import Linux
import Logging
import MembershipCore
import NIOConcurrencyHelpers
import NIOPosix
import Primitives
import ProfileCore
import SetupCore

/// A node that belongs to no cluster yet: it can found one or join one. Until then it has an identity and a code of its
/// own, keeps the wizard's draft, and lets other nodes wait.
final class InstalledNode: Sendable {
    struct State: Sendable {
        var progress: SetupProgress? = nil
        var code: String? = nil
        var failure: APIError? = nil
        /// Why joining goes on asking.
        var hint: APIError? = nil
        var isRunning = false
        /// The node is on its way into another's cluster.
        var isJoining = false
    }

    /// The steps of founding after which the power may go; a test breaks off there.
    enum FoundingStep: Sendable, CaseIterable {
        case begun, documentWritten, sessionsShortened, progressSaved, membershipWritten
    }

    let configuration: NodeConfiguration
    let supervisor: SupervisorLink
    let identity: OwnIdentity
    let desk: SetupDesk
    let probes: NetworkProbes
    let logger: Logger
    let state = NIOLockedValueBox(State())
    let waiting = NIOLockedValueBox(WaitingNodes())
    let reached: @Sendable (FoundingStep) throws -> Void

    /// Makes what a first start needs: key, CA and certificate, and the setup code.
    /// - Throws: what is wrong with the node's own files.
    init(
        configuration: NodeConfiguration, probes: NetworkProbes, logger: Logger,
        reached: @escaping @Sendable (FoundingStep) throws -> Void = { _ in }
    ) throws {
        self.configuration = configuration
        self.supervisor = SupervisorLink(path: configuration.supervisorSocket)
        self.probes = probes
        self.logger = logger
        self.reached = reached
        identity = try OwnIdentity.prepare(
            in: IdentityFolder(path: configuration.identityDirectory), for: configuration, at: .now, logger: logger)
        desk = try SetupDesk(data: configuration.data)
    }

    var folder: IdentityFolder { IdentityFolder(path: configuration.identityDirectory) }

    func setup(_ request: SetupRequest) async throws -> SetupStatus {
        if let founding = request.cluster {
            try await start(isJoining: false) {
                try await self.checkLicense(founding.license, "cluster.license")
                try TimeZoneFile.check(founding.timeZone, "cluster.timeZone")
                try await self.checks(network: "cluster.", servers: "cluster.").require(
                    SetupChecksRequest(
                        vip: founding.vip, gateway: founding.gateway, ntp: founding.ntp, dns: founding.dns))
            } then: {
                var administrator: Person?
                if let user = founding.administrator { administrator = try await Self.administrator(user) }
                try await self.found(
                    founding, administrator: administrator, rack: request.rack.map { RackMode($0, at: .now) })
            }
        } else if let joining = request.join {
            try await start(isJoining: true) {
                try self.checkMaster(joining)
            } then: {
                try await self.join(joining)
            }
        } else {
            throw APIError(.missingField, field: "cluster")
        }
        return try await setupStatus()
    }

    /// One at a time; what the checks say is thrown, everything after them goes on in the background.
    func start(
        isJoining: Bool, checking: @Sendable () async throws -> Void,
        then work: @escaping @Sendable () async throws -> Void
    ) async throws {
        let mayStart = state.withLockedValue { state in
            guard !state.isRunning else { return false }
            state = State(progress: .begin(.checks, at: BootClock.now), isRunning: true, isJoining: isJoining)
            return true
        }
        guard mayStart else { throw APIError(.setupRunning) }
        do {
            try requireSpace()
            try await checking()
        } catch {
            state.withLockedValue { $0 = State() }
            throw error
        }
        run(work)
    }

    /// etcd lays out its log before it does anything: without room for it the node would wait for ever.
    private static let neededSpace: UInt64 = 256 << 20

    private func requireSpace() throws {
        let free = try FileSystemSpace(of: configuration.data).available
        guard free >= Self.neededSpace else {
            throw APIError(
                .diskTooSmall,
                ["path": configuration.data, "free": "\(free >> 20)", "needed": "\(Self.neededSpace >> 20)"])
        }
    }

    /// - Parameters: what stands before the fields of errors.
    func checks(network: String, servers: String) -> NetworkChecks {
        NetworkChecks(
            probes: probes, subnet: configuration.address, nodes: takenAddresses, network: network, servers: servers)
    }

    /// This node's and those of the nodes that it has approved.
    var takenAddresses: [AddressRules.Node] {
        [AddressRules.Node(name: configuration.name, address: configuration.address.address)]
            + desk.document.approved.map { AddressRules.Node(name: $0.request.name, address: $0.request.address) }
    }

    private func checkMaster(_ joining: JoinCluster) throws {
        guard joining.master != configuration.address.address else {
            throw APIError.invalid("join.master", clause: "ownAddress")
        }
    }

    private func run(_ work: @escaping @Sendable () async throws -> Void) {
        Task {
            do {
                try await work()
            } catch {
                let failure = error as? APIError ?? APIError(setupFailure: error)
                logger.error("setup failed: \(failure)")
                state.withLockedValue { state in
                    state.failure = failure
                    state.isRunning = false
                    state.isJoining = false
                    state.hint = nil
                }
            }
        }
    }

    func setupStatus() async throws -> SetupStatus {
        let (state, now) = (state.withLockedValue { $0 }, BootClock.now)
        return SetupStatus(
            stage: state.isRunning ? .joining : .installed, finished: false,
            phases: state.progress?.phases(at: now, failed: state.failure != nil) ?? [], code: state.code,
            failure: state.failure, hint: state.hint)
    }

    func enter(_ phase: SetupProgress.Phase) {
        state.withLockedValue { $0.progress?.next(phase, at: BootClock.now) }
    }

    /// The last steps of both ways: the membership is written, the supervisor starts what a member needs, and this
    /// daemon is started again as a member.
    func become(_ membership: LocalMembership) async throws {
        enter(.restart)
        guard var progress = state.withLockedValue({ $0.progress }) else { return }
        progress.next(.service, at: BootClock.now)
        try progress.save(configuration)
        try reached(.progressSaved)
        try MembershipFile.write(membership, to: configuration.membershipPath)
        try reached(.membershipWritten)
        try await supervisor.reload()
    }
}

extension APIError {
    /// A full disk gets its own sentence; everything else is said as it is.
    init(setupFailure error: any Error) {
        if let system = error as? SystemError, system.errno == ENOSPC {
            self.init(.diskFull, ["path": system.subject])
        } else {
            self.init(.internalError, ["reason": "\(error)"])
        }
    }
}
