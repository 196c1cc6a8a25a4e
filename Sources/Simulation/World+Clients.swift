import MastershipCore
import Primitives

/// A client outside that increments or reads the register behind the address, one operation at a time.
struct ClientModel {
    var number = 0
    var isOpen = false
    /// The least that the open operation may answer.
    var floor = 0
    var lastCompletion = Instant(nanoseconds: 0)
}

/// Clients, the service on the master that they talk to, and the guarded storage that it writes to.
extension World {
    func takeTurn(_ index: Int) {
        guard !clients[index].isOpen else { return }
        let holders = nodes.filter {
            $0.answers && network.areConnected($0.index, network.outside)
        }
        guard !holders.isEmpty else {
            return schedule(.clientTurn(client: index), after: .milliseconds(20))
        }
        let holder = holders[random.index(below: holders.count)]
        clients[index].number += 1
        clients[index].isOpen = true
        let operation = ClientOperation(
            client: index, number: clients[index].number, isWrite: random.chance(2, in: 3))
        clients[index].floor = checks.begun(isWrite: operation.isWrite)
        if let delay = network.delay(network.outside, holder.index, using: &random) {
            schedule(.clientRequest(node: holder.index, operation), after: delay)
        }
        schedule(.clientGivesUp(client: index, number: operation.number), after: .milliseconds(300))
    }

    func complete(_ operation: ClientOperation, with value: Int) {
        let client = clients[operation.client]
        guard client.isOpen, client.number == operation.number else { return }
        checks.answered(value, isWrite: operation.isWrite, floor: client.floor, at: now)
        clients[operation.client].isOpen = false
        clients[operation.client].lastCompletion = now
        schedule(.clientTurn(client: operation.client), after: pause())
    }

    func giveUp(client index: Int, number: Int) {
        guard clients[index].isOpen, clients[index].number == number else { return }
        clients[index].isOpen = false
        schedule(.clientTurn(client: index), after: pause())
    }

    private func pause() -> Span { .milliseconds(20) + random.span(below: .milliseconds(100)) }

    // MARK: The service on the master

    func startService(of node: NodeModel, _ epoch: Epoch) {
        stopService(of: node)
        node.service.epoch = epoch
        // The first guarded request shuts out every earlier master.
        askStorage(.read, for: node)
        note("n\(node.index) serves in epoch \(epoch)")
    }

    func stopService(of node: NodeModel) {
        node.service = NodeModel.Service(sequence: node.service.sequence, version: node.service.version + 1)
    }

    func serve(_ operation: ClientOperation, on node: NodeModel) {
        guard node.answers, node.runsService, node.service.epoch != nil else { return }
        node.service.queue.append(operation)
        serveNext(on: node)
    }

    private func serveNext(on node: NodeModel) {
        guard node.service.current == nil, let value = node.service.value, !node.service.queue.isEmpty else { return }
        let operation = node.service.queue.removeFirst()
        node.service.current = operation
        askStorage(operation.isWrite ? .write(value + 1) : .read, for: node)
    }

    private func askStorage(_ request: GuardedStoreModel.Request, for node: NodeModel) {
        guard let epoch = node.service.epoch else { return }
        node.service.version += 1
        node.service.sequence += 1
        let version = node.service.version
        schedule(.storageGivesUp(node: node.index, version: version), after: .milliseconds(150))
        // The fence also cuts the way to the storage.
        guard node.kernel.isOpen, let delay = network.delay(node.index, network.outside, using: &random) else { return }
        schedule(
            .storageRequest(
                node: node.index, version: version, request, epoch: epoch, sequence: node.service.sequence),
            after: delay)
    }

    func performStorage(
        _ request: GuardedStoreModel.Request, for node: NodeModel, version: Int, epoch: Epoch, sequence: Int
    ) {
        let result = storage.perform(request, epoch: epoch, sequence: sequence)
        if let result { checks.storageAdmitted(epoch: epoch, wasDeposed: result.wasDeposed, at: now) }
        guard let delay = network.delay(network.outside, node.index, using: &random) else { return }
        schedule(.storageAnswer(node: node.index, version: version, value: result?.value), after: delay)
    }

    func answerService(of node: NodeModel, version: Int, value: Int?) {
        guard node.service.version == version, node.runsService else { return }
        guard let value else {
            note("n\(node.index) is refused by the storage")
            return stopService(of: node)
        }
        node.service.version += 1
        node.service.value = value
        if let operation = node.service.current {
            node.service.current = nil
            if let delay = network.delay(node.index, network.outside, using: &random), node.answers {
                schedule(.clientAnswer(operation, value: value), after: delay)
            }
        }
        serveNext(on: node)
    }

    /// It may have been written or not: read again before anything else.
    func loseStorageAnswer(of node: NodeModel, version: Int) {
        guard node.service.version == version, node.service.epoch != nil, node.runsService else { return }
        node.service.current = nil
        node.service.value = nil
        askStorage(.read, for: node)
    }
}
