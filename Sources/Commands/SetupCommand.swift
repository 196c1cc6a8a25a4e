import APIProtocol
import ArgumentParser
import ConfigurationCore
import MembershipCore
import Primitives
import Texts

struct SetupCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "setup", abstract: "Founds a cluster on this node, or joins one.",
        subcommands: [Apply.self, Status.self, Code.self, Show.self])

    /// `keelson setup apply FILE`
    struct Apply: SessionCommand {
        static let configuration = CommandConfiguration(abstract: "Sets this node up from an answer file.")

        @Argument(help: "The answer file, with a section [cluster] or [join].", completion: .file())
        var file: String
        @OptionGroup var options: GlobalOptions

        func perform(_ session: Session) async throws {
            let request = try Self.request(fromFile: file)
            let started: SetupStatus = try await session.client.call(.setup, body: request)
            let progress = SetupProgress(session: session)
            if let seconds = session.wait {
                let status = try await progress.follow(started, seconds: seconds) { $0.finished }
                return try progress.finish(status)
            }
            guard request.join != nil, request.join?.token == nil, started.code == nil else {
                return try session.show(started) { progress.lines(started) }
            }
            // The code to compare is known as soon as the master has the request.
            let status = try await progress.follow(started, seconds: 15) { $0.code != nil || $0.finished }
            try session.show(status) { [] }
        }

        static func request(fromFile file: String) throws -> SetupRequest {
            let text = try Session.readFile(file)
            let answer: SetupAnswer
            do { answer = try SetupAnswer.parse(text) } catch {
                throw CommandFailure(status: .usage, description: "\(file): \(error)")
            }
            var request = try SetupRequest(answer)
            if case .found(let founding) = answer, let license = founding.licenseFile {
                request.cluster?.license = try Session.readFile(Self.path(license, beside: file))
                try request.validate()
            }
            return request
        }

        /// A relative path begins where the answer file is.
        static func path(_ path: String, beside file: String) -> String {
            guard !path.hasPrefix("/"), let slash = file.lastIndex(of: "/") else { return path }
            return file[...slash] + path
        }
    }

    /// `keelson setup status`
    struct Status: SessionCommand {
        static let configuration = CommandConfiguration(abstract: "Shows how far setup has come.")

        @OptionGroup var options: GlobalOptions

        func perform(_ session: Session) async throws {
            let status: SetupStatus = try await session.client.call(.setupStatus)
            let progress = SetupProgress(session: session)
            guard let seconds = session.wait else {
                return try session.show(status) { progress.lines(status) }
            }
            try progress.finish(try await progress.follow(status, seconds: seconds) { $0.finished })
        }
    }
}

extension SetupRequest {
    /// - Throws: when the file with the administrator's password cannot be read.
    init(_ answer: SetupAnswer) throws {
        switch answer {
        case .found(let founding):
            self.init(
                cluster: FoundCluster(
                    name: founding.name, vip: founding.virtualAddresses, gateway: founding.gateway,
                    profile: ProfileChoice(rawValue: founding.profile.rawValue),
                    administrator: try founding.administrator.map {
                        FirstUser(name: $0.name, password: try $0.password.read())
                    },
                    dns: founding.nameServers.isEmpty ? nil : founding.nameServers,
                    ntp: founding.timeServers.isEmpty ? nil : founding.timeServers.map(\.description),
                    timeZone: founding.timeZone, language: founding.language.flatMap { Language(rawValue: $0.rawValue) }
                ),
                rack: founding.rack.map { RackModeChange(nodes: $0.nodes, minutes: $0.minutes) })
        case .join(let joining):
            self.init(
                join: JoinCluster(
                    master: joining.master, token: joining.token,
                    role: LocalMembership.Role(rawValue: joining.role.rawValue)))
        }
    }
}

extension SetupAnswer.Administrator.Password {
    fileprivate func read() throws -> String {
        switch self {
        case .text(let text): text
        case .file(let path): try Passwords.read(fromFile: path)
        }
    }
}

/// Prints the phases of setup as they end.
struct SetupProgress {
    let session: Session

    /// Asks until `isEnough`, printing each phase once when it is over and the code once.
    func follow(
        _ first: SetupStatus, seconds: Int, until isEnough: (SetupStatus) -> Bool
    ) async throws -> SetupStatus {
        var printed: Set<String> = []
        var codeShown = false
        var hints: Set<APIErrorCode> = []
        var next: SetupStatus? = first
        return try await session.poll(seconds: seconds) {
            let status: SetupStatus
            if let known = next {
                status = known
            } else {
                status = try await session.client.call(.setupStatus)
            }
            next = nil
            if session.isText {
                for phase in status.phases where phase.state == .done && printed.insert(phase.name).inserted {
                    session.say(line(phase))
                }
                if let code = status.code, !codeShown, !status.finished {
                    codeShown = true
                    session.say(session.text("setup.code", ["code": code]))
                }
            }
            if session.isText, let hint = status.hint, hints.insert(hint.code).inserted {
                session.say(hint.sentence(in: session.language))
            }
            if let failure = status.failure { throw failure }
            return isEnough(status) ? status : nil
        }
    }

    func finish(_ status: SetupStatus) throws {
        try session.show(status) { [ended(status)] }
    }

    func lines(_ status: SetupStatus) -> [String] {
        var lines = status.phases.map(line)
        if status.finished {
            lines.append(ended(status))
        } else if let code = status.code {
            lines.append(session.text("setup.code", ["code": code]))
        }
        if let failure = status.failure ?? status.hint { lines.append(failure.sentence(in: session.language)) }
        return lines.isEmpty ? [session.text("stage.\(status.stage.rawValue)")] : lines
    }

    private func ended(_ status: SetupStatus) -> String {
        status.url.map { session.text("setup.url", ["url": $0]) } ?? session.text("setup.finished")
    }

    private func line(_ phase: SetupPhase) -> String {
        let name = Catalogue.sentence("phase.\(phase.name)", [:], session.language) ?? phase.name
        let time = phase.milliseconds.map { "  " + Figures.milliseconds($0) } ?? ""
        return "\(name)  \(session.text("phaseState.\(phase.state.rawValue)"))\(time)"
    }
}
