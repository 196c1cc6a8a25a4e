import APIProtocol
import ArgumentParser
import AsyncHTTPClient
import FoundationEssentials
import Glibc
import Texts

/// One run of a command: whom it asks, how it prints, in which language.
struct Session: Sendable {
    let client: APIClient
    let format: OutputFormat
    let language: Language
    /// Seconds; nil: do not wait.
    let wait: Int?

    static func with(_ options: GlobalOptions, _ body: (Session) async throws -> Void) async throws {
        let target = try target(options)
        let http = try APIClient.makeHTTP(ca: options.ca)
        let session = Session(
            client: APIClient(target: target, http: http), format: options.output,
            language: options.language ?? environmentLanguage(), wait: options.wait)
        do {
            try await body(session)
        } catch {
            try await http.shutdown()
            throw session.localized(error)
        }
        try await http.shutdown()
    }

    private static func target(_ options: GlobalOptions) throws -> APIClient.Target {
        guard var server = options.server else { return .socket(options.socket) }
        if !server.contains("://") { server = "https://" + server }
        guard server.hasPrefix("https://") else {
            throw CommandFailure(status: .usage, description: "--server must be an https URL, not '\(server)'.")
        }
        while server.hasSuffix("/") { server.removeLast() }
        var token = options.token
        if let file = options.tokenFile {
            token = try readFile(file).split(whereSeparator: \.isWhitespace).first.map(String.init)
        }
        return .server(url: server, token: token)
    }

    static func readFile(_ path: String) throws -> String {
        do {
            return try String(contentsOfFile: path, encoding: .utf8)
        } catch {
            throw CommandFailure(
                status: .usage, description: "\(path) cannot be read: \(String(cString: strerror(errno))).")
        }
    }

    /// POSIX: LC_ALL goes before LC_MESSAGES goes before LANG.
    static func environmentLanguage() -> Language {
        let environment = ProcessInfo.processInfo.environment
        let locale = ["LC_ALL", "LC_MESSAGES", "LANG"].lazy.compactMap { environment[$0] }.first { !$0.isEmpty }
        return Language(locale: locale ?? "")
    }

    private func localized(_ error: any Error) -> any Error {
        guard let error = error as? APIError else { return error }
        var text = error.sentence(in: language)
        // Of a license the sentence is about the license: its text is all that the request has.
        if let field = error.field, !text.contains(field), (error.code, field) != (.licenseRefused, "text") {
            text = "\(field): \(text)"
        }
        return CommandFailure(status: .of(error), description: text)
    }

    /// A word or sentence of the catalogue.
    func text(_ key: String, _ parameters: [String: String] = [:]) -> String {
        Catalogue.sentence(key, parameters, language) ?? key
    }

    /// Whether people read along.
    var isText: Bool { format == .text }

    /// One line for people.
    func say(_ line: String) {
        print(line)
        fflush(nil)
    }

    /// The answer: as JSON, or as lines for people.
    func show(_ value: some Encodable, _ lines: () -> [String]) throws {
        switch format {
        case .json:
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
            say(String(decoding: try encoder.encode(value), as: UTF8.self))
        case .text: lines().forEach { say($0) }
        }
    }

    /// For requests that answer nothing.
    func done(_ key: String, _ parameters: [String: String] = [:]) throws {
        try show(["done": true]) { [text(key, parameters)] }
    }

    /// Asks again and again, ten times a second, until there is a result. While a node or its daemon restarts, nobody
    /// answers: that is waited out too.
    func poll<T>(seconds: Int, _ attempt: () async throws -> T?) async throws -> T {
        let clock = ContinuousClock()
        let deadline = clock.now + .seconds(seconds)
        var last: APIError?
        repeat {
            do {
                if let result = try await attempt() { return result }
                last = nil
            } catch let error as APIError where error.isPassing {
                last = error
            }
            try await clock.sleep(for: .milliseconds(100))
        } while clock.now < deadline
        let over = text("wait.over", ["seconds": "\(seconds)"])
        let reason = last.map { " " + $0.sentence(in: language) } ?? ""
        throw CommandFailure(status: .timedOut, description: over + reason)
    }
}

extension APIError {
    /// May be gone at the next attempt.
    var isPassing: Bool {
        switch code {
        case .unreachable, .badAnswer, .timedOut, .noMaster, .noQuorum, .storeUnavailable, .masterUnreachable,
            .notMaster:
            true
        default: false
        }
    }
}

/// A command that asks the API.
protocol SessionCommand: AsyncParsableCommand, Sendable {
    var options: GlobalOptions { get }
    func perform(_ session: Session) async throws
}

extension SessionCommand {
    mutating func run() async throws {
        let command = self
        try await Session.with(options) { try await command.perform($0) }
    }
}
