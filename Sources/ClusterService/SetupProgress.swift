import APIProtocol
import ConfigurationCore
import Foundation
import Linux
import Primitives

/// The phases of setup, kept in a file so that they go on over the restart of this daemon in the middle.
struct SetupProgress: Codable, Sendable {
    enum Phase: String, Codable, CaseIterable, Sendable {
        case checks, approval, identity, restart, service
    }

    /// In the order in which they began; the moment is nanoseconds of CLOCK_BOOTTIME.
    private(set) var begun: [Begun]
    private(set) var finishedAt: Int64?

    struct Begun: Codable, Sendable {
        let phase: Phase
        let at: Int64
    }

    static func path(_ configuration: NodeConfiguration) -> String { configuration.data + "/setup.json" }

    static func begin(_ phase: Phase, at now: Instant) -> SetupProgress {
        SetupProgress(begun: [Begun(phase: phase, at: now.nanoseconds)], finishedAt: nil)
    }

    mutating func next(_ phase: Phase, at now: Instant) {
        guard begun.last?.phase != phase else { return }
        begun.append(Begun(phase: phase, at: now.nanoseconds))
    }

    mutating func finish(at now: Instant) { finishedAt = finishedAt ?? now.nanoseconds }

    func phases(at now: Instant, failed: Bool = false) -> [SetupPhase] {
        begun.enumerated().map { index, phase in
            let isLast = index + 1 == begun.count
            let end = isLast ? finishedAt : begun[index + 1].at
            let state: PhaseState = end != nil ? .done : failed ? .failed : .running
            return SetupPhase(
                name: phase.phase.rawValue, state: state,
                milliseconds: Double((end ?? now.nanoseconds) - phase.at) / 1e6)
        }
    }

    func save(_ configuration: NodeConfiguration) throws {
        try DurableFile.replace(Self.path(configuration), with: try JSONEncoder().encode(self), mode: 0o600)
    }

    /// nil when setup left no trace here.
    static func load(_ configuration: NodeConfiguration) throws -> SetupProgress? {
        guard let bytes = try DurableFile.read(path(configuration)) else { return nil }
        return try JSONDecoder().decode(SetupProgress.self, from: Data(bytes))
    }

    /// The answer of a member; the first one that finds it ready ends the last phase.
    static func member(at configuration: NodeConfiguration, isReady: Bool, url: String?) throws -> SetupStatus {
        let now = BootClock.now
        guard var progress = try load(configuration) else {
            return SetupStatus(stage: .member, finished: isReady, phases: [], url: isReady ? url : nil)
        }
        if isReady, progress.finishedAt == nil {
            progress.finish(at: now)
            try progress.save(configuration)
        }
        return SetupStatus(
            stage: .member, finished: isReady, phases: progress.phases(at: now), url: isReady ? url : nil)
    }
}
