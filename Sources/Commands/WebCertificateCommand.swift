import APIProtocol
import ArgumentParser
import FoundationEssentials

/// `keelson web-certificate`
struct WebCertificateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "web-certificate", abstract: "The certificate that browsers see at the virtual address.",
        subcommands: [Show.self, Set.self, Request.self, Reset.self], defaultSubcommand: Show.self)

    struct Show: SessionCommand {
        static let configuration = CommandConfiguration(abstract: "Shows it.")

        @OptionGroup var options: GlobalOptions

        func perform(_ session: Session) async throws {
            let info: WebCertificateInfo = try await session.client.call(.webCertificate)
            try session.show(info) {
                let facts = [
                    ("kind", session.text(info.isOwn ? "web.own" : "web.given")), ("subject", info.subject),
                    ("issuer", info.issuer), ("names", info.names.joined(separator: ", ")),
                    ("expires", info.expires.description), ("fingerprint", info.fingerprint),
                ]
                return facts.map { "\(session.text("web.\($0.0)")): \($0.1)" }
            }
        }
    }

    struct Set: SessionCommand {
        static let configuration = CommandConfiguration(abstract: "Uses another certificate.")

        @Argument(help: "PEM file: the certificate first, then its chain.", completion: .file())
        var certificates: String
        @Option(help: "PEM file of its private key; without it, the key of the last signing request.")
        var key: String?
        @OptionGroup var options: GlobalOptions

        func perform(_ session: Session) async throws {
            let upload = WebCertificateUpload(
                certificates: try Session.readFile(certificates), key: try key.map { try Session.readFile($0) })
            let info: WebCertificateInfo = try await session.client.call(.setWebCertificate, body: upload)
            try session.show(info) { [session.text("web.changed", ["subject": info.subject])] }
        }
    }

    struct Request: SessionCommand {
        static let configuration = CommandConfiguration(
            abstract: "Makes a signing request for an authority of yours; the key stays in the cluster.")

        @Argument(help: "DNS names; the first one is the subject.") var names: [String]
        @OptionGroup var options: GlobalOptions

        func perform(_ session: Session) async throws {
            let wish = WebCertificateWish(names: names)
            let answer: WebCertificateRequest = try await session.client.call(.requestWebCertificate, body: wish)
            try session.show(answer) { [answer.request] }
        }
    }

    struct Reset: SessionCommand {
        static let configuration = CommandConfiguration(abstract: "Goes back to the cluster's own certificate.")

        @OptionGroup var options: GlobalOptions

        func perform(_ session: Session) async throws {
            let info: WebCertificateInfo = try await session.client.call(.resetWebCertificate)
            try session.show(info) { [session.text("web.changed", ["subject": info.subject])] }
        }
    }
}
