import APIProtocol
import CaptureProtocol
import ConfigurationCore
import Etcd
import Linux
import Logging
import MastershipCore
import NIOConcurrencyHelpers
import Primitives
import StreamProtocol

/// What this node last knew of the streams that it keeps.
struct StreamMemory: Sendable {
    /// nil before the first answer of the capture daemon.
    var statuses: [StreamStatus]? = nil
    var heardAt = Instant(nanoseconds: 0)
    /// Those that name this node; nil before the store was read.
    var assignments: [StreamAssignment]? = nil
    /// What the capture daemon last refused to take: logged once.
    var refusal: CaptureRefusal? = nil

    /// Older words are none.
    static let fresh = Span.seconds(5)

    func statuses(at now: Instant) -> [StreamStatus]? { now - heardAt <= Self.fresh ? statuses : nil }
}

/// Every member tells its capture daemon what the master assigned, and the master how the streams are.
extension ClusterMember {
    var captured: CaptureLink { CaptureLink(path: configuration.capturedSocket, node: configuration.name) }

    /// Whenever an assignment changes and every two seconds, also without a quorum: a daemon that starts anew is told.
    func followAssignments() async {
        let (signals, signal) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                repeat { signal.yield() } while await Pause.survived(.seconds(2))
                signal.finish()
            }
            group.addTask { await self.watchAssignments { signal.yield() } }
            for await _ in signals { await tellAssignments() }
            group.cancelAll()
        }
    }

    /// A watch is a hint: whatever it says, the store is read.
    private func watchAssignments(_ changed: @Sendable () -> Void) async {
        repeat {
            do {
                for try await news in store.etcd.watch(.prefix(ClusterKeys.machines), from: nil) {
                    if case .changed = news { changed() }
                }
            } catch {
                logger.debug("the watch of assignments begins anew", metadata: ["error": "\(error)"])
            }
        } while await Pause.survived(.seconds(1))
    }

    func tellAssignments() async {
        do {
            let records = try await store.list(MachineRecord.self, under: ClusterKeys.machines).map(\.value)
            let own = records.filter { $0.nodes.contains(node) }.map(\.assignment)
            streams.withLockedValue { $0.assignments = own }
        } catch {
            logger.debug("the assignments cannot be read", metadata: ["error": "\(error)"])
        }
        guard let assignments = streams.withLockedValue({ $0.assignments }) else { return }
        do {
            var refusal: CaptureRefusal?
            if case .refused(let reason) = try await captured.ask(.assign(assignments)) { refusal = reason }
            let isNews = streams.withLockedValue { streams in
                defer { streams.refusal = refusal }
                return streams.refusal != refusal
            }
            if let refusal, isNews { logger.warning("the capture daemon refused its assignments: \(refusal)") }
        } catch {
            logger.debug("the capture daemon was not told", metadata: ["error": "\(error)"])
        }
    }

    func watchStreams() async {
        repeat {
            do {
                guard case .status(let statuses) = try await captured.ask(.status) else { continue }
                streams.withLockedValue { streams in
                    streams.statuses = Array(statuses.prefix(NodeReport.mostStreams))
                    streams.heardAt = BootClock.now
                }
            } catch {
                logger.debug("the capture daemon does not tell", metadata: ["error": "\(error)"])
            }
        } while await Pause.survived(.seconds(1))
    }

    func capture(_ request: CaptureRequest) async throws -> CaptureAnswer { try await captured.ask(request) }

    /// As master: asks the capture daemon of any node.
    /// - Throws: what it refused, as `APIError`; `captureSilent`.
    func ask(_ request: CaptureRequest, of node: NodeID, about machine: String) async throws -> CaptureAnswer {
        let answer: CaptureAnswer
        if node == self.node {
            answer = try await capture(request)
        } else {
            guard let record = view.withLockedValue({ $0.node(node) }) else {
                throw APIError(.unknownNode, ["node": node.text])
            }
            do { answer = try await peers.capture(request, at: record.address) } catch let error as APIError {
                throw error.code == .masterUnreachable ? APIError(.captureSilent, ["node": record.name]) : error
            }
        }
        if case .refused(let refusal) = answer { throw APIError(refusal, by: name(of: node), machine: machine) }
        return answer
    }

    /// For what is done or refused; an answer to something else is none.
    func order(_ request: CaptureRequest, of node: NodeID, about machine: String) async throws {
        switch try await ask(request, of: node, about: machine) {
        // A bookmark is answered by its point.
        case .done, .points: return
        case .status, .exports, .verification, .refused:
            throw APIError(.captureSilent, ["node": name(of: node)])
        }
    }

    /// As master: what the nodes that are heard say.
    var board: StreamBoard {
        let now = BootClock.now
        let nodes = view.withLockedValue { $0.nodes.map(\.id) }
        return book.withLockedValue { book in
            StreamBoard(
                nodes.compactMap { id in
                    guard id == node || book.state(of: id, at: now) == .online else { return nil }
                    return book.last(of: id)?.report.streams.map { (id, $0) }
                })
        }
    }
}
