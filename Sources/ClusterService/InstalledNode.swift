import Glibc
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

/// A node that belongs to no cluster yet: it can found one or join one, and knows nothing else.
final class InstalledNode: Sendable {
    struct State: Sendable {
        var progress: SetupProgress? = nil
        var code: String? = nil
        var failure: APIError? = nil
        var isRunning = false
    }

    let configuration: NodeConfiguration
    let supervisor: SupervisorLink
    let logger: Logger
    let state = NIOLockedValueBox(State())

    init(configuration: NodeConfiguration, logger: Logger) {
        self.configuration = configuration
        self.supervisor = SupervisorLink(path: configuration.supervisorSocket)
        self.logger = logger
    }

    var folder: IdentityFolder { IdentityFolder(path: configuration.identityDirectory) }

    func setup(_ request: SetupRequest) async throws -> SetupStatus {
        let mayStart = state.withLockedValue { state in
            guard !state.isRunning else { return false }
            state = State(progress: .begin(.checks, at: BootClock.now), isRunning: true)
            return true
        }
        guard mayStart else { throw APIError(.setupRunning) }
        do {
            try requireSpace()
            if let founding = request.cluster {
                try await checkLicense(founding)
                try await checks.check(founding.vip, gateway: founding.gateway)
                run { try await self.found(founding) }
            } else if let joining = request.join {
                try checkMaster(joining)
                run { try await self.join(joining) }
            } else {
                throw APIError(.missingField, field: "cluster")
            }
        } catch {
            state.withLockedValue { $0 = State() }
            throw error
        }
        return try await setupStatus()
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

    private var checks: AddressChecks {
        AddressChecks(
            probe: AddressProbe(path: configuration.vipdSocket), subnet: configuration.address,
            nodeName: configuration.name)
    }

    private func checkMaster(_ joining: JoinCluster) throws {
        guard joining.master != configuration.address.address else {
            throw APIError.invalid("join.master", "is this node's own address")
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
                }
            }
        }
    }

    func setupStatus() async throws -> SetupStatus {
        let (state, now) = (state.withLockedValue { $0 }, BootClock.now)
        return SetupStatus(
            stage: state.isRunning ? .joining : .installed, finished: false,
            phases: state.progress?.phases(at: now, failed: state.failure != nil) ?? [], code: state.code,
            failure: state.failure)
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
        try MembershipFile.write(membership, to: configuration.membershipPath)
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
