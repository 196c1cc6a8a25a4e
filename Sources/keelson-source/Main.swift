import ArgumentParser

/// `keelson-source`: the source of a protected machine.
@main
enum Main {
    static func main() async { await SourceCommand.main() }
}
