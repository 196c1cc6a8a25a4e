import APIProtocol
import AlarmCore
import CaptureProtocol
import Linux
import Logging
import NIOConcurrencyHelpers
import PlacementCore
import Primitives
import StreamProtocol

/// Protected machines: what users decide about them, and what is known of them.
extension ClusterMember {
    /// Of one cluster.
    static let mostMachines = 512

    /// The master knows how the streams are; when it does not answer, what this node knows itself.
    func machines() async throws -> [Machine] {
        if mastership.snapshot.tenure != nil { return localMachines() }
        // As with the status: another node's question is answered here.
        if case .node = Caller.current { return localMachines() }
        if let master = knownMaster, master != node, let record = view.withLockedValue({ $0.node(master) }) {
            do { return try await peers.machines(of: record.address) } catch {
                logger.debug("the master did not answer for the machines", metadata: ["error": "\(error)"])
            }
        }
        return localMachines()
    }

    private func localMachines() -> [Machine] {
        let (board, now) = (board, Timestamp.now.lastNanosecond)
        let alarms = alarms.withLockedValue { $0 }
        return view.withLockedValue { $0.machines }.map { record in
            record.shown(board.stream(of: record, at: now), alarms: alarms[record.id] ?? [])
        }.sorted { $0.name < $1.name }
    }

    func machine(_ id: MachineID) async throws -> Machine {
        guard let machine = try await machines().first(where: { $0.id == id }) else {
            throw APIError(.unknownMachine, ["machine": "\(id)"])
        }
        return machine
    }

    func protect(_ request: ProtectRequest) async throws -> ProtectAnswer {
        let epoch = try requireMastership()
        let known = try await store.list(MachineRecord.self, under: ClusterKeys.machines).map(\.value)
        guard !known.contains(where: { $0.assignment.name == request.name }) else {
            throw APIError(.duplicateMachine, field: "name", ["machine": request.name])
        }
        guard known.count < Self.mostMachines else {
            throw APIError(.tooManyMachines, ["limit": "\(Self.mostMachines)"])
        }
        var random = SystemRandomNumberGenerator()
        let (secret, enrolment) = newEnrolment()
        let assignment = try newAssignment(
            MachineID(high: random.next(), low: random.next()), request, among: known.map { .init($0, board) })
        var record = MachineRecord(
            assignment: assignment, wish: request.policy.level, isLevel: assignment.second != nil,
            lagTarget: request.policy.lagTargetSeconds, protectedBy: "\(Caller.current)", protectedAt: .now,
            enrolment: enrolment)
        record.renumber(in: epoch)
        // One name, one machine: also when two are protected at the same moment on one master.
        let name = ClusterKeys.machineName(request.name)
        try await store.change(
            [.put(record, at: ClusterKeys.machine(record.id)), .put(record.id, at: name)], if: [.absent(name)],
            by: epoch)
        var filling = placeNames(assignment)
        filling["who"] = record.protectedBy
        journal.record(.machineProtected, filling)
        try await refreshView()
        return ProtectAnswer(machine: try await machine(record.id), enrolment: shown(secret, enrolment))
    }

    private func newAssignment(
        _ id: MachineID, _ request: ProtectRequest, among known: [PlacementCore.Machine]
    ) throws(APIError) -> StreamAssignment {
        guard let chosen = PlacementCore.place(nodes: placementNodes, machines: known),
            let receiver = place(chosen.receiver)
        else { throw APIError(.noPlaceForMachine) }
        let second = chosen.second.flatMap { place($0) }
        let policy = request.policy
        return StreamAssignment(
            machine: id, name: request.name, epoch: 0, receiver: receiver, second: second,
            volumes: request.volumes.enumerated().map { .init($1, number: VolumeNumber(UInt16($0))) },
            level: PlacementCore.level(policy.level, second: second?.node, isLevel: second != nil),
            retention: .init(
                window: UInt64(policy.retentionSeconds), isHeld: false, keep: policy.keep?.map { .init($0) }),
            limits: .init(policy.limits))
    }

    func changeMachine(_ id: MachineID, _ change: MachineChange) async throws -> Machine {
        let epoch = try requireMastership()
        var stored = try await store.machine(id)
        try stored.value.apply(change)
        try await write(stored, by: epoch)
        journal.record(
            .machineChanged,
            [
                "who": "\(Caller.current)", "machine": stored.value.assignment.name,
                "what": change.fields.joined(separator: ", "),
            ])
        return try await machine(id)
    }

    func setPaused(_ isPaused: Bool, machine id: MachineID) async throws {
        let epoch = try requireMastership()
        var stored = try await store.machine(id)
        guard stored.value.assignment.isPaused != isPaused else { return }
        stored.value.assignment.isPaused = isPaused
        try await write(stored, by: epoch)
        journal.record(
            isPaused ? .machinePaused : .machineResumed,
            ["who": "\(Caller.current)", "machine": stored.value.assignment.name])
    }

    /// A changed record, with the next epoch.
    func write(_ stored: Stored<MachineRecord>, by epoch: Epoch) async throws {
        var record = stored.value
        record.renumber(in: epoch)
        try await store.change(
            [.put(record, at: stored.key)], if: [.unchanged(stored.key, stored.modified)], by: epoch)
        try await refreshView()
    }

    func unprotect(_ id: MachineID, deleteData: Bool) async throws {
        let epoch = try requireMastership()
        let stored = try await store.machine(id)
        var changes: [Change] = [
            .delete(stored.key), .delete(ClusterKeys.machineName(stored.value.assignment.name)),
        ]
        if deleteData {
            let nodes = view.withLockedValue { $0.nodes.filter { !$0.isWitness }.map(\.id) }
            changes.append(.put(ForgottenMachine(machine: id, nodes: nodes), at: ClusterKeys.forgotten(id)))
        }
        try await store.change(changes, if: [.unchanged(stored.key, stored.modified)], by: epoch)
        journal.record(
            .machineUnprotected, ["who": "\(Caller.current)", "machine": stored.value.assignment.name])
        try await refreshView()
    }
}

extension ClusterStore {
    /// - Throws: `unknownMachine`.
    func machine(_ id: MachineID) async throws -> Stored<MachineRecord> {
        guard let stored = try await get(MachineRecord.self, at: ClusterKeys.machine(id)) else {
            throw APIError(.unknownMachine, ["machine": "\(id)"])
        }
        return stored
    }
}

extension ClusterKeys {
    /// `MachineID`: whose name it is.
    static func machineName(_ name: String) -> String { "cluster/machine-names/" + name }
}

extension MachineChange {
    /// What is to be otherwise, for people who know the API.
    var fields: [String] {
        [
            ("level", level != nil), ("lagTargetSeconds", lagTargetSeconds != nil),
            ("retentionSeconds", retentionSeconds != nil), ("hold", hold != nil), ("limits", limits != nil),
            ("keep", keep != nil), ("volumes", volumes != nil),
        ].filter(\.1).map(\.0)
    }
}
