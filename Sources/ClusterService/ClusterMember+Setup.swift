import JoinCore
import Identity
import MembershipCore
import APIProtocol
import ConfigurationCore
import Linux
import Logging
import NIOConcurrencyHelpers
import Primitives
import SetupCore
import Texts

/// What is left of the setup on a member: the wizard's last hour, rack mode, checks of the network, the recovery kit.
extension ClusterMember {
    private var alreadySetUp: APIError {
        APIError(.alreadySetUp, ["cluster": membership.withLockedValue { $0.clusterName }])
    }

    func setupCode() async throws -> SetupCodeAnswer { throw alreadySetUp }
    func openSetupSession(code: String) async throws -> SetupSession { throw alreadySetUp }
    func setupDraft() async throws -> SetupDraft { throw alreadySetUp }
    func changeSetupDraft(_ change: SetupDraftChange) async throws -> SetupDraft { throw alreadySetUp }
    func startSetup() async throws -> SetupStatus { throw alreadySetUp }

    /// Asked from this node. What it holds itself cannot be asked for.
    func checkNetwork(_ request: SetupChecksRequest) async throws -> SetupChecks {
        let held = vipAddresses
        var result = await networkChecks(network: "", servers: "").run(request)
        result.items = result.items.map { item in
            guard item.check == .vipFree, !item.ok, held.contains(item.subject) else { return item }
            return SetupCheck(check: .vipFree, subject: item.subject, ok: true)
        }
        return result
    }

    /// The cluster's own virtual addresses are answered for by whoever holds them: that is how it should be.
    private var vipAddresses: Set<String> { Set(currentSettings.vip.map { "\($0.address)" }) }

    /// - Parameters: what stands before the fields of errors.
    func networkChecks(network: String, servers: String) -> NetworkChecks {
        let own = AddressRules.Node(name: configuration.name, address: configuration.address.address)
        let others = view.withLockedValue { $0.nodes }.filter { $0.id != node }
            .map { AddressRules.Node(name: $0.name, address: $0.address) }
        return NetworkChecks(
            probes: probes, subnet: configuration.address, nodes: [own] + others, network: network, servers: servers)
    }

    func rackMode() async throws -> RackMode {
        guard let stored = try await store.get(RackMode.self, at: ClusterKeys.rack), stored.value.isOpen(at: .now)
        else { return .closed }
        return stored.value
    }

    func changeRackMode(_ change: RackModeChange) async throws -> RackMode {
        let epoch = try requireMastership()
        let mode = RackMode(change, at: .now)
        let step = mode.nodes > 0 ? Change.put(mode, at: ClusterKeys.rack) : .delete(ClusterKeys.rack)
        try await store.change([step], by: epoch)
        if let until = mode.until {
            journal.record(
                .rackModeOpened, ["who": "\(Caller.current)", "nodes": "\(mode.nodes)", "time": "\(until)"])
        } else {
            journal.record(.rackModeClosed, ["who": "\(Caller.current)"])
        }
        return mode
    }

    /// The wizard's sessions end an hour after the founding at the latest; their file goes then.
    func endSetupSessions() async {
        repeat {
            guard setupSessions.withLockedValue({ $0 }) != nil else { continue }
            let isOver = setupSessions.withLockedValue { $0?.isOver(at: .now) ?? true }
            guard isOver else { continue }
            do {
                let files = SetupFiles(data: configuration.data)
                try files.remove(files.sessions)
                setupSessions.withLockedValue { $0 = nil }
            } catch {
                logger.warning("the setup's sessions stay on the disk", metadata: ["error": "\(error)"])
            }
        } while await Pause.survived(.seconds(30))
    }

    func recoveryKit(in language: Language) async throws -> String {
        let (view, place) = (view.withLockedValue { $0 }, membership.withLockedValue { $0 })
        guard view.readAt != nil else { throw APIError(.noQuorum) }
        let settings = currentSettings
        let highest = mastership.snapshot.highest
        return RecoveryKit(
            clusterName: place.clusterName, clusterID: place.clusterToken, settings: settings,
            nodes: view.nodes.map {
                RecoveryKit.Node(
                    name: $0.name, address: $0.address, role: $0.assigned, id: $0.id)
            }, generation: highest.generation, epoch: "\(highest)", authorityPEM: identity.trust.pem,
            authorityFingerprint: identity.trust.fingerprint.description, made: .now
        ).text(in: language)
    }
}
