import Etcd
import MastershipCore
import Primitives

/// `cluster/master` in etcd.
struct EtcdMasterKey: MasterKey {
    private static let readLimit = Span.seconds(2)

    let etcd: any EtcdStore

    func read() async throws -> Observation {
        try Self.observation(try await etcd.get(ClusterKeys.master, timeout: Self.readLimit))
    }

    func swap(_ record: MasterRecord, over revision: Int64, within limit: Span) async -> SwapOutcome {
        do {
            let value = try record.encoded()
            var writes: [Operation] = [.put(key: ClusterKeys.master, value: value)]
            if record.takeoverRevision == 0 { writes.append(.put(key: ClusterKeys.epoch, value: value)) }
            let result = try await etcd.transaction(
                Transaction(
                    if: [.modRevision(of: ClusterKeys.master, equals: revision)], then: writes,
                    else: [.get(.key(ClusterKeys.master))]),
                timeout: limit)
            if result.succeeded { return .swapped(revision: result.revision) }
            return .refused(current: try Self.observation(result.results.first?.keys.first))
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
                    for case .put(let written) in changes { entrance.yield(try Self.observation(written)) }
                }
                entrance.finish()
            } catch {
                entrance.finish(throwing: error)
            }
        }
        entrance.onTermination = { _ in task.cancel() }
        return stream
    }

    static func observation(_ found: KeyValue?) throws -> Observation {
        guard let found else { return Observation(record: nil, revision: 0) }
        return Observation(record: try MasterRecord(decoding: found.value), revision: found.modRevision)
    }
}
