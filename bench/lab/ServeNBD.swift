import ArgumentParser
import Lab

struct ServeNBD: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve-nbd", abstract: "Serves a file or disk over NBD on a Unix socket, until it is told to end.")

    @Argument(help: "File or disk.")
    var file: String

    @Argument(help: "Path of the socket.")
    var socket: String

    @Option(help: "Threads that connections are spread over.")
    var loops = 1

    @Flag(help: "Refuse writes.")
    var readOnly = false

    func validate() throws {
        guard loops > 0 else { throw ValidationError("--loops must be at least 1.") }
    }

    func run() throws {
        try ServedFile(file, isReadOnly: readOnly).serve(unix: socket, loops: loops)
    }
}
