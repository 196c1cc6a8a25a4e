import Commands
import Glibc

/// The command line.
@main
struct Keelson {
    static func main() async {
        await run()
    }

    nonisolated static func run() async {
        exit(await KeelsonCommand.run(arguments: Array(CommandLine.arguments.dropFirst())))
    }
}
