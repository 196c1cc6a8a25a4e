import Etcd
import MastershipCore
import Primitives

/// `cluster/master` in etcd.
struct EtcdMasterKey: MasterKey {
    private static let readLimit = Span.seconds(2)

    let etcd: any EtcdStore

    private static let both: [Operation] = [.get(.key(ClusterKeys.master)), .get(.key(ClusterKeys.gate))]

    func read() async throws -> Observation {
        let answer = try await etcd.transaction(Transaction(then: Self.both), timeout: Self.readLimit)
        return try Self.observation(answer.results)
    }

    func swap(
        _ record: MasterRecord, over revision: Int64, gate: MastershipCore.GateUse, within limit: Span
    ) async -> SwapOutcome {
        await outcome(within: limit) {
            let value = try record.encoded()
            var transaction = Transaction(
                if: [.modRevision(of: ClusterKeys.master, equals: revision)],
                then: [.put(key: ClusterKeys.master, value: value)], else: Self.both)
            if record.takeoverRevision == 0 {
                transaction.success.append(.put(key: ClusterKeys.epoch, value: value))
            }
            switch gate {
            case .leave: break
            case .mustBe(let gate): transaction.comparisons.append(.modRevision(of: ClusterKeys.gate, equals: gate))
            case .open: transaction.success.append(.put(key: ClusterKeys.gate, value: Self.open))
            }
            return transaction
        }
    }

    func shutGate(over revision: Int64, within limit: Span) async -> SwapOutcome {
        await outcome(within: limit) {
            Transaction(
                if: [.modRevision(of: ClusterKeys.master, equals: revision)],
                then: [.delete(.key(ClusterKeys.gate))], else: Self.both)
        }
    }

    func openGate(over revision: Int64, within limit: Span) async -> SwapOutcome {
        await outcome(within: limit) {
            Transaction(
                if: [.modRevision(of: ClusterKeys.master, equals: revision), .absent(ClusterKeys.gate)],
                then: [.put(key: ClusterKeys.gate, value: Self.open)], else: Self.both)
        }
    }

    private static let open = Array("open".utf8)

    private func outcome(
        within limit: Span, of transaction: () throws -> Transaction
    ) async -> SwapOutcome {
        do {
            let result = try await etcd.transaction(try transaction(), timeout: limit)
            if result.succeeded { return .swapped(revision: result.revision) }
            return .refused(current: try Self.observation(result.results))
        } catch let error as EtcdError where error.refusal == .noSpace {
            return .full("\(error)")
        } catch let error as EtcdError where error.refusal != nil {
            return .rejected("\(error)")
        } catch {
            return .unknown("\(error)")
        }
    }

    func observations(after revision: Int64) -> AsyncThrowingStream<Observation, any Error> {
        let (stream, entrance) = AsyncThrowingStream.makeStream(of: Observation.self)
        let task = Task {
            do {
                for try await news in etcd.watch(.key(ClusterKeys.master), from: revision + 1) {
                    guard case .changed(_, let changes) = news else { continue }
                    for case .put(let written) in changes { entrance.yield(try Self.observation(written, gate: nil)) }
                }
                entrance.finish()
            } catch {
                entrance.finish(throwing: error)
            }
        }
        entrance.onTermination = { _ in task.cancel() }
        return stream
    }

    /// - Parameter results: of reading the record, then the gate.
    static func observation(_ results: some Collection<OperationResult>) throws -> Observation {
        let found = results.map(\.keys.first)
        return try observation(found.first ?? nil, gate: found.dropFirst().first.map { $0?.modRevision ?? 0 })
    }

    private static func observation(_ record: KeyValue?, gate: Int64?) throws -> Observation {
        guard let record else { return Observation(record: nil, revision: 0, gate: gate) }
        return Observation(
            record: try MasterRecord(decoding: record.value), revision: record.modRevision, gate: gate)
    }
}
