import ArgumentParser
import Texts

/// How answers are printed.
public enum OutputFormat: String, ExpressibleByArgument, CaseIterable, Sendable {
    case text
    case json
}

/// What every command accepts.
struct GlobalOptions: ParsableArguments {
    @Option(help: ArgumentHelp("The cluster daemon's socket on this machine.", valueName: "path"), completion: .file())
    var socket = "/run/keelson/clusterd.sock"

    @Option(help: ArgumentHelp("Ask this node or virtual address instead, as https://10.77.0.50.", valueName: "url"))
    var server: String?

    @Option(help: ArgumentHelp("A user token, for --server. Others see it in the process list.", valueName: "token"))
    var token: String?

    @Option(help: ArgumentHelp("A file that holds the user token.", valueName: "file"), completion: .file())
    var tokenFile: String?

    @Option(
        help: ArgumentHelp("The cluster's CA certificate (PEM), for --server.", valueName: "file"), completion: .file())
    var ca: String?

    @Option(name: [.customShort("o"), .long], help: "How to print the answer.")
    var output: OutputFormat = .text

    @Option(
        defaultAsFlag: GlobalOptions.defaultWait, parsing: .next,
        help: ArgumentHelp("Wait until it is done, at most so many seconds.", valueName: "seconds"))
    var wait: Int?

    @Option(help: ArgumentHelp("en or zh; by default from LANG.", valueName: "language"))
    var language: Language?

    static let defaultWait = 120

    func validate() throws {
        if server != nil, token != nil, tokenFile != nil {
            throw ValidationError("Give either --token or --token-file.")
        }
        if server == nil, token != nil || tokenFile != nil || ca != nil {
            throw ValidationError("--token, --token-file and --ca go with --server.")
        }
        if let wait, !(1...86_400).contains(wait) {
            throw ValidationError("--wait takes 1 to 86400 seconds.")
        }
    }
}

extension Language: ExpressibleByArgument {}
