import VIPService

/// `keelson-vipd`: holds the virtual addresses while the cluster daemon says so.
@main
struct VIPDaemon {
    static func main() {
        exit(status: run(Array(CommandLine.arguments.dropFirst())))
    }
}
