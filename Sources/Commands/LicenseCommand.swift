import APIProtocol
import ArgumentParser

struct LicenseCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "license", abstract: "Shows, checks, installs or asks for the cluster's license.",
        subcommands: [Status.self, Request.self, Inspect.self, Install.self, Remove.self])

    struct Status: SessionCommand {
        static let configuration = CommandConfiguration(abstract: "Shows the license, and what it means now.")

        @OptionGroup var options: GlobalOptions

        func perform(_ session: Session) async throws {
            let status: LicenseStatus = try await session.client.call(.license)
            try session.show(status) { LicenseView(session: session).lines(status) }
        }
    }

    struct Request: SessionCommand {
        static let configuration = CommandConfiguration(
            abstract: "Prints the document that the vendor needs for a license.",
            discussion: "It holds names of nodes and hashes of parts of machines, and no secret.")

        @OptionGroup var options: GlobalOptions

        func perform(_ session: Session) async throws {
            // JSON in either format: people and programs read the same.
            var text = try await session.client.text(.licenseRequest)
            if text.hasSuffix("\n") { text.removeLast() }
            session.say(text)
        }
    }

    struct Inspect: SessionCommand {
        static let configuration = CommandConfiguration(
            abstract: "Checks a license and shows what it would mean here; nothing is changed.")

        @Argument(help: "The license.", completion: .file()) var file: String
        @OptionGroup var options: GlobalOptions

        func perform(_ session: Session) async throws {
            // Made before the call: within it, the optimizer of Swift 6.3.1 crashes.
            let text = try LicenseText(file: file)
            let inspection: LicenseInspection = try await session.client.call(.inspectLicense, body: text)
            try session.show(inspection) { LicenseView(session: session).lines(inspection) }
        }
    }

    struct Install: SessionCommand {
        static let configuration = CommandConfiguration(abstract: "Installs a license for the whole cluster.")

        @Argument(help: "The license.", completion: .file()) var file: String
        @OptionGroup var options: GlobalOptions

        func perform(_ session: Session) async throws {
            // Made before the call: within it, the optimizer of Swift 6.3.1 crashes.
            let text = try LicenseText(file: file)
            let status: LicenseStatus = try await session.client.call(.installLicense, body: text)
            try session.show(status) { LicenseView(session: session).lines(status) }
        }
    }

    struct Remove: SessionCommand {
        static let configuration = CommandConfiguration(
            abstract: "Removes the license.", discussion: "What is protected stays protected.")

        @OptionGroup var options: GlobalOptions

        func perform(_ session: Session) async throws {
            if let held = try await session.client.callHeld(.removeLicense) { return try session.show(held: held) }
            try session.done("license.removed")
        }
    }
}

extension LicenseText {
    /// - Throws: `CommandFailure`, or `licenseRefused` for a text that is too large to be sent.
    init(file: String) throws {
        self.init(text: try Session.readFile(file))
        try validate()
    }
}

/// A license for people.
struct LicenseView {
    let session: Session

    func lines(_ status: LicenseStatus) -> [String] {
        var rows = [row("license.state", phase(status.phase, status.until))]
        if let license = status.license { rows += about(license) }
        rows.append(row("license.usage", amounts(status.usage.nodes, status.usage.hosts, status.usage.tebibytes)))
        rows.append(row("license.additions", session.text(status.allowsAdditions ? "word.yes" : "word.no")))
        rows += warnings(status.warnings)
        if !status.validatorAnswers { rows.append(session.text("license.validatorSilent")) }
        return rows
    }

    func lines(_ inspection: LicenseInspection) -> [String] {
        var rows = [row("license.state", phase(inspection.phase, inspection.until))] + about(inspection.license)
        // What is refused has said so already.
        guard let refusal = inspection.refusal else { return rows + warnings(inspection.warnings) }
        rows.append(session.text("license.notInstallable", refusal.parameters))
        return rows
    }

    private func about(_ license: LicenseInfo) -> [String] {
        let limits = amounts(license.limits.nodes, license.limits.hosts, license.limits.tebibytes)
        let machines = license.boundNodes == 0 ? session.text("license.bound.any") : "\(license.boundNodes)"
        var rows = [
            row("license.customer", "\(license.customer) (\(license.id))"),
            row("license.kind", session.text("license.kind.\(license.kind.rawValue)")),
            row("license.limits", limits.isEmpty ? session.text("license.limit.none") : limits),
            row("license.bound", machines),
        ]
        if !license.features.isEmpty { rows.append(row("license.features", license.features.joined(separator: ", "))) }
        return rows
    }

    private func phase(_ phase: LicensePhase, _ until: Timestamp?) -> String {
        guard let until else {
            return session.text(phase == .valid ? "license.phase.validForEver" : "license.phase.unknown")
        }
        return session.text("license.phase.\(phase.rawValue)", ["time": "\(until)"])
    }

    private func amounts(_ nodes: Int?, _ hosts: Int?, _ tebibytes: Int?) -> String {
        [("nodes", nodes), ("hosts", hosts), ("tebibytes", tebibytes)].compactMap { name, count in
            count.map { session.text("license.limit.\(name)", ["count": "\($0)"]) }
        }.joined(separator: ", ")
    }

    private func warnings(_ warnings: [LicenseWarning]) -> [String] {
        warnings.map { session.text("license.warning.\($0.code.rawValue)", $0.parameters) }
    }

    private func row(_ key: String, _ value: String) -> String {
        let name = session.text(key)
        return name + String(repeating: " ", count: max(1, 12 - Table.width(name))) + value
    }
}
