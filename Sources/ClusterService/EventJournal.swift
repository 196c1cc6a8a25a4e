import APIProtocol
import Foundation
import LocalStore
import Logging
import NIOPosix
import Primitives
import Texts

/// Writes events down on this node at once and hands them to the cluster's store when it is there. Order within a
/// node is kept; nothing is lost while there is no quorum.
final class EventJournal: Sendable {
    private let spool: EventSpool
    private let node: NodeID
    private let name: String
    private let logger: Logger
    private let arrivals: AsyncStream<Void>
    private let arrived: AsyncStream<Void>.Continuation

    init(path: String, node: NodeID, name: String, logger: Logger) throws {
        spool = try EventSpool(path: path)
        self.node = node
        self.name = name
        self.logger = logger
        (arrivals, arrived) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// Returns at once; the event is written on a thread for blocking work.
    func record(_ kind: EventKind, about other: NodeID? = nil, _ parameters: [String: String] = [:]) {
        var filling = parameters
        filling["node"] = filling["node"] ?? name
        let event = kind.event(about: other ?? node, filling)
        logger.log(level: kind.level.logLevel, "\(event.message)")
        NIOThreadPool.singleton.submit { _ in self.write(event) }
    }

    private func write(_ event: ClusterEvent) {
        do {
            try spool.append(String(decoding: try JSONEncoder().encode(event), as: UTF8.self))
            arrived.yield()
        } catch {
            // The last place that can tell: the event itself was logged above.
            logger.error(
                "an event could not be written down", metadata: ["kind": "\(event.kind)", "error": "\(error)"])
        }
    }

    /// Ships until cancelled: on each arrival, and every few seconds for what could not be shipped.
    func ship(to store: ClusterStore) async {
        arrived.yield()
        for await _ in arrivals {
            do {
                try await shipAll(to: store)
            } catch {
                logger.debug("events wait for the store", metadata: ["error": "\(error)"])
                guard await Pause.survived(.seconds(2)) else { return }
                arrived.yield()
            }
        }
    }

    private func shipAll(to store: ClusterStore) async throws {
        while true {
            let entries = try await BlockingWork.run { try self.spool.oldest(64) }
            guard let last = entries.last else { return }
            for entry in entries {
                try await store.append(entry.document, at: ClusterKeys.event(node: node, number: entry.id))
            }
            try await BlockingWork.run { try self.spool.remove(through: last.id) }
        }
    }
}

extension EventLevel {
    var logLevel: Logger.Level {
        switch self {
        case .info: .notice
        case .warning: .warning
        case .error: .error
        }
    }
}

extension EventKind {
    /// An event of now with its English sentence.
    func event(sequence: Int64 = 0, about node: NodeID, _ parameters: [String: String]) -> ClusterEvent {
        ClusterEvent(
            sequence: sequence, at: .now, level: level, kind: rawValue, node: node,
            message: Catalogue.sentence("event.\(rawValue)", parameters, .english) ?? rawValue,
            parameters: parameters)
    }
}
