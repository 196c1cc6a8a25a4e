import APIProtocol
import FoundationEssentials
import Linux
import Logging
import NIOCore
import Primitives
import Texts

/// Asks the cluster daemon on behalf of all open consoles, makes each part once a language, and sends what has changed.
actor LiveHub {
    typealias Stream = AsyncStream<ByteBuffer>

    private struct Subscriber {
        let language: Language
        let continuation: Stream.Continuation
    }

    /// Between two looks at the cluster, and so the longest silence of a stream.
    static let interval = Duration.milliseconds(400)
    /// History is read every so many looks, and whenever the master changes.
    private static let historyEvery = 5

    private let upstream: Upstream
    private let parts: LiveParts
    private let logger: Logger
    private var subscribers: [Int: Subscriber] = [:]
    private var nextID = 0
    private var picture: ClusterPicture?
    private var looks = 0
    private var sent: [Language: [String: String]] = [:]
    private var work: Task<Void, Never>?

    init(upstream: Upstream, parts: LiveParts, logger: Logger) {
        self.upstream = upstream
        self.parts = parts
        self.logger = logger
    }

    /// A new console's stream: first everything, then what changes. A console that does not read loses the oldest.
    func subscribe(_ language: Language) -> Stream {
        let (stream, continuation) = Stream.makeStream(bufferingPolicy: .bufferingNewest(64))
        nextID += 1
        let id = nextID
        subscribers[id] = Subscriber(language: language, continuation: continuation)
        continuation.onTermination = { _ in Task { await self.leave(id) } }
        for (name, html) in (sent[language] ?? [:]).sorted(by: { $0.key < $1.key }) {
            continuation.yield(Self.message(name, html))
        }
        if work == nil { work = Task { await run() } }
        return stream
    }

    private func leave(_ id: Int) { subscribers[id] = nil }

    /// Looks while somebody watches.
    private func run() async {
        let clock = ContinuousClock()
        while !subscribers.isEmpty {
            let next = clock.now + Self.interval
            await look()
            for id in subscribers.keys.sorted() { subscribers[id]?.continuation.yield(Self.tick) }
            do { try await clock.sleep(until: next) } catch { break }
        }
        sent = [:]
        picture = nil
        work = nil
    }

    private func look() async {
        do {
            looks += 1
            if var known = picture {
                let master = known.status.master
                known.status = try await upstream.get(.status, as: .console)
                if known.status.clusterName != nil { try await known.readMachines(upstream, as: .console) }
                if known.status.master != master || looks.isMultiple(of: Self.historyEvery) {
                    try await known.readHistory(upstream, as: .console)
                }
                picture = known
            } else {
                picture = try await ClusterPicture(upstream, as: .console)
            }
        } catch {
            logger.debug("the cluster daemon did not answer the console", metadata: ["error": "\(error)"])
            return
        }
        publish()
    }

    private func publish() {
        guard let picture else { return }
        for language in Language.allCases {
            let listeners = subscribers.values.filter { $0.language == language }  // order: each gets the same
            guard !listeners.isEmpty else {
                sent[language] = nil
                continue
            }
            for name in LiveParts.names(of: picture) {
                let html = parts.render(name, picture, language)
                guard sent[language]?[name] != html else { continue }
                sent[language, default: [:]][name] = html
                let message = Self.message(name, html)
                for listener in listeners { listener.continuation.yield(message) }
            }
        }
    }

    static let tick = ByteBuffer(string: "event: tick\ndata:\n\n")
    static let ended = ByteBuffer(string: "event: ended\ndata:\n\n")

    /// JSON keeps the data on one line (HTML standard, "Server-sent events").
    private static func message(_ name: String, _ html: String) -> ByteBuffer {
        var buffer = ByteBuffer(string: "event: part\ndata: ")
        do { buffer.writeBytes(try JSONEncoder.sorted.encode([name, html])) } catch {
            preconditionFailure("two texts are no JSON: \(error)")
        }
        buffer.writeString("\n\n")
        return buffer
    }
}
